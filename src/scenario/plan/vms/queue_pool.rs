//! Queues for virtual NICs: first come, first served.

use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::text::findings::Findings;
use crate::world::{PathReason, SteeringSpec};
use std::collections::BTreeSet;

/// The queues that the ports of a file have given.
#[derive(Debug, Default)]
pub struct QueuePool {
    ports: Vec<Given>,
}

/// What one port has given.
#[derive(Clone, Debug)]
struct Given {
    /// The queues that nobody has.
    free: BTreeSet<u32>,
    /// How many queues were wanted in all.
    wanted: u32,
    /// How many virtual NICs wanted queues and came too late for any, or for all of them.
    too_late: u32,
    short: u32,
}

impl QueuePool {
    /// Of these ports, none given yet but the default queue.
    #[must_use]
    pub fn new(nics: &[Nic]) -> Self {
        let one = |nic: &Nic| {
            let free = (1..nic.spec.queues.len() as u32).collect();
            Given { free, wanted: 0, too_late: 0, short: 0 }
        };
        Self { ports: nics.iter().map(one).collect() }
    }

    /// How many queues of each of these ports the next virtual NIC is given, which wants `number`
    /// (0: none): as many on each.
    ///
    /// # Errors
    /// Why it is given none.
    pub fn ask(&mut self, ports: &[(usize, &Nic)], number: u32) -> Result<u32, PathReason> {
        if let Some(reason) = ports.iter().find_map(|(_, nic)| none_given(nic, number)) {
            return Err(reason);
        }
        let left = |(port, _): &(usize, &Nic)| self.ports[*port].free.len() as u32;
        let given = ports.iter().map(left).min().unwrap_or(0).min(number);
        for (port, _) in ports {
            let port = &mut self.ports[*port];
            port.wanted += number;
            port.too_late += u32::from(given == 0);
            port.short += u32::from(given > 0 && given < number);
        }
        if given == 0 { Err(PathReason::NoFreeQueue) } else { Ok(given) }
    }

    /// Takes so many queues of a port, which it was asked for.
    pub fn take(&mut self, port: usize, number: u32) -> Vec<u32> {
        let free = &mut self.ports[port].free;
        (0..number).map_while(|_| free.pop_first()).collect()
    }

    /// Queues of a port are free again.
    pub fn release(&mut self, port: usize, queues: &[u32]) {
        self.ports[port].free.extend(queues);
    }

    /// Warns where the queues of a port ran out.
    pub fn warn(&self, port: usize, nic: &Nic, findings: &mut Findings) {
        let Given { ref free, wanted, too_late, short } = self.ports[port];
        let (name, given) = (&nic.spec.name, nic.spec.queues.len() - 1 - free.len());
        if short > 0 {
            findings.warn(format!(
                "nic.{name}: its virtual NICs want {wanted} queues of their own and {given} are \
                 left beside the default queue: first come, first served, {short} of them with \
                 fewer than they want, and {too_late} by the default queue"
            ));
        } else if too_late > 0 {
            let share = if too_late == 1 { "one shares" } else { "the others share" };
            let wanted_queues = if given as u32 + too_late == wanted {
                format!("{wanted} virtual NICs want a queue of their own")
            } else {
                format!("its virtual NICs want {wanted} queues of their own")
            };
            findings.warn(format!(
                "nic.{name}: {wanted_queues} and {given} are left beside the default queue: first come, \
                 first served, {share} the default queue"
            ));
        }
    }
}

/// Why a port gives no queues; none: it does.
fn none_given(nic: &Nic, number: u32) -> Option<PathReason> {
    match nic.spec.steering {
        SteeringSpec::Rss(_) => Some(PathReason::Rss),
        SteeringSpec::SingleQueue => Some(PathReason::SingleQueue),
        SteeringSpec::Vmq { .. } if !nic.gives_queues => Some(PathReason::OffBelow10Gbps),
        SteeringSpec::Vmq { .. } => (number == 0).then_some(PathReason::NotWanted),
    }
}
