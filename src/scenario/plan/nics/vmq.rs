//! Virtual machine queues of a port: how many there are to give, their cores, and when VMQ is off.

use super::rebalance;
use super::rss;
use super::sriov::Demand;
use crate::policy::OwnPolicy;
use crate::rx::steering::placement::Profile as Order;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::profile::{self, Profile};
use crate::scenario::schema::rows::nics::NicKeys;
use crate::scenario::schema::rows::queues::VmqKeys;
use crate::scenario::schema::rows::values::{CopyKind, PathKind};
use crate::scenario::text::findings::Findings;
use crate::world::{Rebalance, SteeringSpec};

/// Most queues of a port, the default queue included.
const MOST: u64 = 4097;
/// Links below this use VMQ only where the file asks for it (Microsoft, "Performance Tuning
/// Guidelines for Windows Server 2012 R2": off by default though it shows as enabled).
const TEN_GIGABIT: u64 = 10_000_000_000;

/// The queues of a port on `path = "vmq"`.
#[derive(Debug)]
pub struct Vmq {
    /// The core at the start of each queue that is given, the default queue first.
    pub cores: Vec<u32>,
    /// The cores that queues may use, given or not.
    pub usable: Vec<u32>,
    /// Who moves queues.
    pub rebalance: Option<Rebalance>,
    /// Whether the port may give queues at all; if not, the default queue takes everything.
    pub on: bool,
    /// Whether the driver runs it with several queues, given or not.
    pub several: bool,
    /// Queues of one core share one vector.
    pub shared_interrupts: bool,
    /// How packets find their queue.
    pub steering: SteeringSpec,
}

/// The queues that a model has for VMs, the default queue included.
#[must_use]
pub fn limit(model: &Profile) -> Option<u64> {
    model.number("vmq.queues").or_else(|| model.number("queues"))
}

/// The queues of a port, the default queue included; none: as many as are wanted, or it has none for
/// virtual NICs.
#[must_use]
pub fn queues(nic: &NicKeys) -> Option<u32> {
    if !matches!(nic.path.value, Some(PathKind::Vmq | PathKind::Sriov)) {
        return None;
    }
    let asked = nic.vmq.value.as_ref().and_then(|vmq| vmq.queues.value);
    let model = limit(nic.model.value.unwrap_or_else(|| profile::find_or(None, "ideal")));
    asked.or(model.map(|queues| queues as u32))
}

/// Reads the VMQ of a port with a link of `link` bits per second and of what virtual NICs ask of
/// it; none where it is wrong, which has been reported.
pub fn read(
    nic: &NicKeys,
    host: &Host,
    model: &Profile,
    link: Option<u64>,
    demand: Demand,
    policies: &[OwnPolicy],
    findings: &mut Findings,
) -> Option<Vmq> {
    let keys = nic.vmq.value.as_ref()?;
    let rebalance = rebalance::of_vmq(&keys.reader, host, policies, findings);
    let on = is_on(nic, keys, link, demand, findings);
    let wants = u64::from(demand.queues);
    let usual = left(keys, model, demand.vfs, findings).unwrap_or(wants + 1).min(MOST);
    let queues = if keys.queues.given { u64::from(keys.queues.value?) } else { usual };
    let given = if on { wants.min(queues - 1) as u32 } else { 0 };
    // A vector belongs to one core, so queues use no more cores than the model has vectors.
    let vectors = model.number("vectors").map_or(u32::MAX, |most| most as u32);
    let usable = rss::usable(&keys.processors, host, Order::Closest, vectors, findings)?;
    Some(Vmq {
        cores: rebalance::start(given + 1, &usable, rebalance.as_ref()),
        usable,
        rebalance,
        on,
        several: on && queues > 1,
        shared_interrupts: keys.shared_interrupts.value?,
        steering: SteeringSpec::Vmq {
            shared_memory: keys.copy.value == Some(CopyKind::SharedMemory),
        },
    })
}

/// The queues that so many virtual functions leave: some models serve both from one stock of pools
/// (Linux ixgbe; that functions come first is assumed). The default queue is always left.
fn left(keys: &VmqKeys, model: &Profile, vfs: u32, findings: &mut Findings) -> Option<u64> {
    let (most, Some(pools)) = (limit(model), model.number("pools")) else { return limit(model) };
    let left = pools.saturating_sub(u64::from(vfs)).max(1);
    let asked = u64::from(keys.queues.value.unwrap_or(0));
    if asked > left && most.is_some_and(|most| asked <= most) {
        findings.mistake(
            keys.queues
                .mistake(format!("{asked} queues and {vfs} virtual functions are too many"))
                .because(format!("{} serves both from {pools} pools", model.name))
                .help(format!("write queues = {left}, or lower `sriov.vfs`")),
        );
    }
    most.map(|most| most.min(left))
}

/// Whether the port gives queues to virtual NICs.
fn is_on(
    nic: &NicKeys,
    keys: &VmqKeys,
    link: Option<u64>,
    demand: Demand,
    findings: &mut Findings,
) -> bool {
    let slow = link.is_some_and(|bits| bits < TEN_GIGABIT);
    let on = !slow || keys.below_10g.value == Some(true);
    if !on && (demand.queues > 0 || nic.path.value == Some(PathKind::Vmq)) {
        findings.warn(format!(
            "nic.{}: VMQ is off below 10 Gbps: the VMs use the default queue \
             (`vmq.below_10g = true` switches it on)",
            nic.name()
        ));
    }
    on
}
