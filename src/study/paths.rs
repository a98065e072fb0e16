//! The paths of packets at some time of a run: the way of each virtual NIC, which virtual machines
//! run, and what that is called.

use crate::engine::time::Time;
use crate::world::{Action, EventSpec, RxPath, SteeringSpec, VnicOwner, VnicSpec, World};

/// The events of a world up to an instant, in the order in which they happen.
fn until(world: &World, time: Time) -> Vec<&EventSpec> {
    let mut events: Vec<&EventSpec> =
        world.events.iter().filter(|event| event.at <= time).collect();
    events.sort_by_key(|event| event.at);
    events
}

/// How the packets of each virtual NIC come.
#[must_use]
pub fn rx_paths(world: &World, time: Time) -> Vec<&RxPath> {
    let mut rx_paths: Vec<&RxPath> = world.vnics.iter().map(|vnic| &vnic.rx_path).collect();
    for event in until(world, time) {
        if let Action::SetRoute { vnic, rx_path } = &event.action {
            rx_paths[*vnic] = rx_path;
        }
    }
    rx_paths
}

/// Which virtual machines run.
#[must_use]
pub fn running(world: &World, time: Time) -> Vec<bool> {
    let mut runs: Vec<bool> = world.vms.iter().map(|vm| vm.running).collect();
    for event in until(world, time) {
        match event.action {
            Action::Start { vm } => runs[vm] = true,
            Action::Stop { vm, .. } => runs[vm] = false,
            _ => {}
        }
    }
    runs
}

/// Whether the VM of a virtual NIC runs, if it belongs to one.
#[must_use]
pub fn is_in_use(vnic: &VnicSpec, running: &[bool]) -> bool {
    match vnic.owner {
        VnicOwner::Vm { vm, .. } => running[vm],
        VnicOwner::Host => true,
    }
}

/// A receive path in the words of the metric `path`.
#[must_use]
pub fn word(world: &World, vnic: &VnicSpec, rx_path: &RxPath) -> &'static str {
    let by_address = matches!(world.nics[vnic.nic].steering, SteeringSpec::Vmq { .. });
    match rx_path {
        RxPath::VirtualFunction => "vf",
        RxPath::Drop(_) => "none",
        RxPath::VmQueues(_) if by_address => "vmq",
        RxPath::DefaultQueue if by_address => "default-queue",
        RxPath::VmQueues(_) | RxPath::DefaultQueue => "software",
    }
}

/// The virtual NIC that has a queue of a port, if any has.
#[must_use]
pub fn owner<'w>(
    world: &'w World,
    rx_paths: &[&RxPath],
    nic: usize,
    queue: u32,
) -> Option<&'w VnicSpec> {
    let owns =
        |(vnic, rx_path): &(&VnicSpec, &&RxPath)| vnic.nic == nic && rx_path.own().contains(&queue);
    world.vnics.iter().zip(rx_paths).find(owns).map(|(vnic, _)| vnic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::Span;
    use crate::study::fixture;
    use crate::vocab::drop_reason::DropReason;

    #[test]
    fn the_last_event_in_time_counts_and_of_one_instant_the_last_of_the_list() {
        let mut world = fixture::guests(3);
        let at = |us| Time::ZERO + Span::us(us);
        let steer =
            |us, rx_path| EventSpec { at: at(us), action: Action::SetRoute { vnic: 1, rx_path } };
        world.events = vec![
            steer(9, RxPath::VirtualFunction),
            steer(2, RxPath::DefaultQueue),
            steer(9, RxPath::queue(1)),
        ];
        assert_eq!(rx_paths(&world, Time::END)[1].own(), [1]);
        assert!(matches!(rx_paths(&world, at(2))[1], RxPath::DefaultQueue));
        assert_eq!(rx_paths(&world, at(1))[1].own(), world.vnics[1].rx_path.own());
        let why = DropReason::NoFilter;
        world.events = vec![
            EventSpec { at: at(5), action: Action::Start { vm: 2 } },
            EventSpec { at: at(1), action: Action::Stop { vm: 2, reason: why } },
            EventSpec { at: at(7), action: Action::Stop { vm: 0, reason: why } },
        ];
        assert_eq!(running(&world, Time::END), [false, true, true]);
        assert_eq!(running(&world, at(4)), [true, true, false]);
        assert!(is_in_use(&world.vnics[0], &[true, false, false]));
    }
}
