//! Where the frames of each source go once their DMA may start: into a ring, or nowhere.

use crate::rx::steering::rss::Rss;
use crate::sim::accounting::ledger::NO_QUEUE;
use crate::sim::itinerary::flow_map::place_in;
use crate::sim::itinerary::rx_path::Ways;
use crate::sim::itinerary::vf_rings::{first_ring, owners};
use crate::vocab::drop_reason::DropReason;
use crate::vocab::flow_key::FlowKey;
use crate::vocab::frame::Frame;
use crate::world::{Consumer, Filter, RxPath, SteeringSpec, World};

/// The routes of all sources of a port.
///
/// Each flow has a bucket, and each bucket a queue: first the indirection table, whose entries may
/// move, and queue 0 for what cannot be hashed; then every ring by its number; then, for each reason
/// to lose a frame, a number that no ring has.
#[derive(Debug)]
pub(crate) struct Routes {
    /// Per source of the world, and flow, its bucket; empty for those of other ports.
    pub(crate) buckets: Vec<Vec<u16>>,
    /// Per bucket its queue.
    pub(crate) queues: Vec<u32>,
    nic: usize,
    /// Buckets of the indirection table.
    entries: usize,
    /// Rings, those of virtual functions included.
    rings: usize,
}

/// Why frames that are steered to this queue are lost; none if it is one.
pub(crate) const fn reason_at(queue: u32) -> Option<DropReason> {
    let place = (NO_QUEUE - queue) as usize;
    if place < DropReason::ALL.len() { Some(DropReason::ALL[place]) } else { None }
}

impl Routes {
    pub(crate) fn new(world: &World, nic: usize, ways: &Ways) -> Self {
        let spec = &world.nics[nic];
        let mut queues = match &spec.steering {
            SteeringSpec::SingleQueue | SteeringSpec::Vmq { .. } => vec![],
            SteeringSpec::Rss(rss) => rss.table.clone(),
        };
        let entries = queues.len();
        let rings = spec.queues.len() + owners(world, nic).len();
        queues.push(0);
        queues.extend(0..rings as u32);
        queues.extend((0..DropReason::ALL.len() as u32).map(|place| NO_QUEUE - place));
        let buckets = vec![Vec::new(); world.sources.len()];
        let mut routes = Self { buckets, queues, nic, entries, rings };
        for source in 0..world.sources.len() {
            routes.lead(world, source, ways);
        }
        routes
    }

    /// A source's frames go where `ways` lead from now on, if this is their port.
    pub(crate) fn lead(&mut self, world: &World, source: usize, ways: &Ways) {
        let traffic = &world.sources[source];
        if traffic.nic != self.nic {
            return;
        }
        let keys = || traffic.source.flow_keys(world.seed);
        let all = |bucket: u16| keys().map(|_| bucket).collect();
        let by = |place: &dyn Fn(&FlowKey) -> usize| -> Vec<u16> {
            keys().map(|key| self.of_ring(place(&key))).collect()
        };
        self.buckets[source] = match (traffic.filter, ways.of(world, source)) {
            (Filter::Pin(queue), _) => all(self.of_ring(queue as usize)),
            (_, RxPath::DefaultQueue) => match &world.nics[self.nic].steering {
                SteeringSpec::SingleQueue | SteeringSpec::Vmq { .. } => all(0),
                SteeringSpec::Rss(rss) => {
                    let rss = Rss::new(rss);
                    keys().map(|key| rss.bucket(&key)).collect()
                }
            },
            (_, RxPath::VmQueues(own)) => {
                let place = place_in(&own);
                by(&|key| own.targets[place(key)] as usize)
            }
            (_, RxPath::VirtualFunction) => {
                let Consumer::Vnic(vnic) = traffic.to else {
                    unreachable!("only virtual NICs have functions")
                };
                let function = world.vnics[vnic].vf.as_ref().expect("it comes by its function");
                let first = world.nics[self.nic].queues.len() + first_ring(world, vnic);
                let place = place_in(function);
                by(&|key| first + place(key))
            }
            (_, RxPath::Drop(reason)) => {
                let place = DropReason::ALL.iter().position(|one| *one == reason);
                let place = place.expect("the list holds all reasons");
                all(bucket_at(self.entries + 1 + self.rings + place))
            }
        };
    }

    /// The bucket of a ring, by its number.
    fn of_ring(&self, ring: usize) -> u16 {
        bucket_at(self.entries + 1 + ring)
    }

    /// The bucket of a frame.
    #[inline(always)]
    pub(crate) fn bucket(&self, frame: &Frame) -> usize {
        usize::from(self.buckets[frame.source as usize][frame.flow as usize])
    }

    /// The queue of a frame whose DMA starts now, or why it is lost (see [`reason_at`]).
    #[inline(always)]
    pub(crate) fn queue(&self, frame: &Frame) -> u32 {
        self.queues[self.bucket(frame)]
    }

    /// The indirection table.
    pub(crate) fn table(&self) -> &[u32] {
        &self.queues[..self.entries]
    }
}

fn bucket_at(place: usize) -> u16 {
    u16::try_from(place).expect("a table and all rings are at most 2^16 buckets")
}
