//! The steering of a port: the receive queue of each flow.

use crate::rx::steering::rss::Rss;
use crate::sim::itinerary::flow_map::picker;
use crate::sim::itinerary::rx_path::RxPaths;
use crate::sim::itinerary::vf_rings::{first_ring, owners};
use crate::sim::queue::rx_queue::NO_QUEUE;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::flow_key::FlowKey;
use crate::vocab::frame::Frame;
use crate::world::{Consumer, Filter, RxPath, SteeringSpec, World};

/// The steering table of a port.
///
/// Each flow has a bucket, and each bucket a queue. The first buckets are the indirection table,
/// whose entries a policy may change, and one for packets without a hash (queue 0). Then comes one
/// bucket per ring, and one per drop reason, whose "queue" is a number that no ring has.
#[derive(Debug)]
pub(crate) struct SteeringTable {
    /// Per source of the world and flow the bucket; empty for sources of other ports.
    pub(crate) buckets: Vec<Vec<u16>>,
    /// Per bucket the queue.
    pub(crate) queues: Vec<u32>,
    nic: usize,
    /// Buckets of the indirection table.
    entries: usize,
    /// Rings of the port, those of virtual functions included.
    rings: usize,
}

/// The drop reason that this queue number stands for; none if it is a queue.
pub(crate) const fn reason_at(queue: u32) -> Option<DropReason> {
    let place = (NO_QUEUE - queue) as usize;
    if place < DropReason::ALL.len() { Some(DropReason::ALL[place]) } else { None }
}

impl SteeringTable {
    pub(crate) fn new(world: &World, nic: usize, rx_paths: &RxPaths) -> Self {
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
            routes.set_route(world, source, rx_paths);
        }
        routes
    }

    /// Steers a source's frames by its current receive path, if the source sends to this port.
    pub(crate) fn set_route(&mut self, world: &World, source: usize, rx_paths: &RxPaths) {
        let traffic = &world.sources[source];
        if traffic.nic != self.nic {
            return;
        }
        let keys = || traffic.source.flow_keys(world.seed);
        let all = |bucket: u16| keys().map(|_| bucket).collect();
        let by = |place: &dyn Fn(&FlowKey) -> usize| -> Vec<u16> {
            keys().map(|key| self.of_ring(place(&key))).collect()
        };
        self.buckets[source] = match (traffic.filter, rx_paths.of(world, source)) {
            (Filter::Pin(queue), _) => all(self.of_ring(queue as usize)),
            (_, RxPath::DefaultQueue) => match &world.nics[self.nic].steering {
                SteeringSpec::SingleQueue | SteeringSpec::Vmq { .. } => all(0),
                SteeringSpec::Rss(rss) => {
                    let rss = Rss::new(rss);
                    keys().map(|key| rss.bucket(&key)).collect()
                }
            },
            (_, RxPath::VmQueues(own)) => {
                let place = picker(&own);
                by(&|key| own.targets[place(key)] as usize)
            }
            (_, RxPath::VirtualFunction) => {
                let Consumer::Vnic(vnic) = traffic.to else {
                    unreachable!("only virtual NICs have functions")
                };
                let function = world.vnics[vnic].vf.as_ref().expect("it comes by its function");
                let first = world.nics[self.nic].queues.len() + first_ring(world, vnic);
                let place = picker(function);
                by(&|key| first + place(key))
            }
            (_, RxPath::Drop(reason)) => {
                let place = DropReason::ALL.iter().position(|one| *one == reason);
                let place = place.expect("the list holds all reasons");
                all(bucket_at(self.entries + 1 + self.rings + place))
            }
        };
    }

    /// The bucket of a ring.
    fn of_ring(&self, ring: usize) -> u16 {
        bucket_at(self.entries + 1 + ring)
    }

    #[inline(always)]
    pub(crate) fn bucket(&self, frame: &Frame) -> usize {
        usize::from(self.buckets[frame.source as usize][frame.flow as usize])
    }

    /// The queue of a frame whose DMA starts now, or the number of its drop reason (see
    /// [`reason_at`]).
    #[inline(always)]
    pub(crate) fn queue(&self, frame: &Frame) -> u32 {
        self.queues[self.bucket(frame)]
    }

    pub(crate) fn table(&self) -> &[u32] {
        &self.queues[..self.entries]
    }
}

fn bucket_at(place: usize) -> u16 {
    u16::try_from(place).expect("a table and all rings are at most 2^16 buckets")
}
