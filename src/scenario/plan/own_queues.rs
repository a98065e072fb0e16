//! Queues for virtual NICs: first come, first served.

use super::nic::Nic;
use crate::host::world::{PathReason, SteeringSpec};
use crate::scenario::findings::Findings;

/// The queues that the ports of a file have given.
#[derive(Debug, Default)]
pub struct OwnQueues {
    ports: Vec<Given>,
}

/// What one port has given.
#[derive(Clone, Debug)]
struct Given {
    /// The next queue that it gives.
    next: u32,
    /// How many queues were wanted in all.
    wanted: u32,
    /// How many virtual NICs wanted queues and came too late for any, or for all of them.
    too_late: u32,
    short: u32,
}

impl OwnQueues {
    /// Of so many ports, none given yet but the default queue.
    #[must_use]
    pub fn new(ports: usize) -> Self {
        Self { ports: vec![Given { next: 1, wanted: 0, too_late: 0, short: 0 }; ports] }
    }

    /// How many queues of each of these ports the next virtual NIC is given, which wants `number`
    /// (0: none): as many on each.
    ///
    /// # Errors
    /// Why it is given none.
    pub fn ask(&mut self, ports: &[usize], nics: &[Nic], number: u32) -> Result<u32, PathReason> {
        if let Some(reason) = ports.iter().find_map(|port| none_given(&nics[*port], number)) {
            return Err(reason);
        }
        let left = |port: &usize| nics[*port].spec.queues.len() as u32 - self.ports[*port].next;
        let given = ports.iter().map(left).min().unwrap_or(0).min(number);
        for port in ports {
            let port = &mut self.ports[*port];
            port.wanted += number;
            port.too_late += u32::from(given == 0);
            port.short += u32::from(given > 0 && given < number);
        }
        if given == 0 { Err(PathReason::NoFreeQueue) } else { Ok(given) }
    }

    /// Takes so many queues of a port, which it was asked for.
    pub fn take(&mut self, port: usize, number: u32) -> Vec<u32> {
        let next = &mut self.ports[port].next;
        *next += number;
        (*next - number..*next).collect()
    }

    /// Warns where the queues of a port ran out.
    pub fn warn(&self, port: usize, nic: &Nic, findings: &mut Findings) {
        let Given { next, wanted, too_late, short } = self.ports[port];
        let (name, given) = (&nic.spec.name, next - 1);
        if short > 0 {
            findings.warn(format!(
                "nic.{name}: its virtual NICs want {wanted} queues of their own and {given} are \
                 left beside the default queue: first come, first served, {short} of them with \
                 fewer than they want, and {too_late} by the default queue"
            ));
        } else if too_late > 0 {
            let share = if too_late == 1 { "one shares" } else { "the others share" };
            let wish = if given + too_late == wanted {
                format!("{wanted} virtual NICs want a queue of their own")
            } else {
                format!("its virtual NICs want {wanted} queues of their own")
            };
            findings.warn(format!(
                "nic.{name}: {wish} and {given} are left beside the default queue: first come, \
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
