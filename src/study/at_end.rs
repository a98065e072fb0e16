//! What is so at the end of a run: the way of each virtual NIC, and which virtual machines run.

use crate::host::world::{Action, EventSpec, VnicSpec, Way, World};

/// The events of a world in the order in which they happen.
fn in_order(world: &World) -> Vec<&EventSpec> {
    let mut events: Vec<&EventSpec> = world.events.iter().collect();
    events.sort_by_key(|event| event.at);
    events
}

/// How the packets of each virtual NIC come.
#[must_use]
pub fn ways(world: &World) -> Vec<&Way> {
    let mut ways: Vec<&Way> = world.vnics.iter().map(|vnic| &vnic.way).collect();
    for event in in_order(world) {
        if let Action::Steer { vnic, way } = &event.action {
            ways[*vnic] = way;
        }
    }
    ways
}

/// Which virtual machines run.
#[must_use]
pub fn running(world: &World) -> Vec<bool> {
    let mut runs: Vec<bool> = world.vms.iter().map(|vm| vm.runs).collect();
    for event in in_order(world) {
        match event.action {
            Action::Start { vm } => runs[vm] = true,
            Action::Stop { vm, .. } => runs[vm] = false,
            _ => {}
        }
    }
    runs
}

/// The virtual NIC that has a queue of a port, if any has.
#[must_use]
pub fn owner<'w>(world: &'w World, ways: &[&Way], nic: usize, queue: u32) -> Option<&'w VnicSpec> {
    let owns = |(vnic, way): &(&VnicSpec, &&Way)| vnic.nic == nic && way.own().contains(&queue);
    world.vnics.iter().zip(ways).find(owns).map(|(vnic, _)| vnic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::{Span, Time};
    use crate::study::fixture;
    use crate::vocab::drop_reason::DropReason;

    #[test]
    fn the_last_event_in_time_counts_and_of_one_instant_the_last_of_the_list() {
        let mut world = fixture::guests(3);
        let at = |us| Time::ZERO + Span::us(us);
        let steer = |us, way| EventSpec { at: at(us), action: Action::Steer { vnic: 1, way } };
        world.events =
            vec![steer(9, Way::Function), steer(2, Way::Common), steer(9, Way::queue(1))];
        assert_eq!(ways(&world)[1].own(), [1]);
        let why = DropReason::NoFilter;
        world.events = vec![
            EventSpec { at: at(5), action: Action::Start { vm: 2 } },
            EventSpec { at: at(1), action: Action::Stop { vm: 2, reason: why } },
            EventSpec { at: at(7), action: Action::Stop { vm: 0, reason: why } },
        ];
        assert_eq!(running(&world), [false, true, true]);
    }
}
