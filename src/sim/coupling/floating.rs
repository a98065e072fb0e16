//! vCPUs that float over cores: each wakes up on the one with the least load.

use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::core::delivery::ChannelAt;
use crate::sim::coupling::rank::Rank;
use crate::sim::host::host::Host;
use crate::sim::itinerary::channels::served_by;
use crate::world::{VnicOwner, World};

impl Host {
    /// Notes the places that the vCPUs of floating machines have.
    pub(crate) fn with_seats(mut self, world: &World, host: usize) -> Self {
        if !world.vms.iter().any(|vm| vm.host == host && vm.allowed_cores.is_some()) {
            return self;
        }
        self.coupled = true;
        self.seats = vec![Vec::new(); self.channels.len()];
        for (vm, spec) in world.vms.iter().enumerate().filter(|(_, vm)| vm.host == host) {
            let Some(floats) = &spec.allowed_cores else { continue };
            for vcpu in 0..spec.vcpus.len() as u32 {
                let seat = |core: &u32| (*core as usize, self.cores[*core as usize].seat(vm, vcpu));
                let seats: Vec<(usize, usize)> = floats.iter().map(seat).collect();
                for (channel, _) in served_by(world, VnicOwner::Vm { vm, vcpu }) {
                    self.seats[channel].clone_from(&seats);
                }
            }
        }
        self
    }

    /// Whether any vCPU floats: where it wakes up depends on all cores, so none goes further than any
    /// other.
    pub(crate) fn floats(&self) -> bool {
        !self.seats.is_empty()
    }

    /// Where the guest of a channel is notified in a hand-over of this rank: a vCPU that floats and
    /// waits wakes up where the fewest threads are runnable.
    pub(crate) fn wake_place(
        &mut self,
        channel: usize,
        rank: Rank,
        ledger: &mut Ledger<'_>,
    ) -> (usize, ChannelAt) {
        let (from, at) = self.channels[channel].expect("a guest runs on the host of its NIC");
        let waits = |core: &Core| core.threads.as_ref().is_some_and(|one| one.waits(at.thread));
        let seats = self.seats.get(channel).filter(|seats| !seats.is_empty());
        let Some(seats) = seats.filter(|_| waits(&self.cores[from])) else { return (from, at) };
        let behind = (rank.moment(), rank.core());
        let mut first: Option<(usize, (usize, usize))> = None;
        for seat in seats {
            let threads = self.cores[seat.0].threads.as_mut().expect("a vCPU may be here");
            let load = threads.load(behind, &self.queues, ledger);
            if first.is_none_or(|(least, _)| load < least) {
                first = Some((load, *seat));
            }
        }
        let (_, (to, thread)) = first.expect("it floats over some core");
        if to != from {
            let both = self.cores.get_disjoint_mut([from, to]).expect("two cores of the site");
            let [old, new] = both.map(|core| core.threads.as_mut().expect("a vCPU may be here"));
            new.take_over(thread, old, at.thread);
            for (channel, at) in new.places().filter(|(_, at)| at.thread == thread) {
                self.channels[channel] = Some((to, at));
            }
        }
        (to, ChannelAt { thread, ..at })
    }
}

impl Core {
    /// The place that a vCPU has, or may have, among the threads here.
    fn seat(&self, vm: usize, vcpu: u32) -> usize {
        let mut vcpus = self.threads.iter().flat_map(|threads| threads.vcpus());
        let seat = vcpus.find(|(_, one)| (one.vm, one.number) == (vm, vcpu));
        seat.expect("a vCPU has a place on each core that it floats over").0
    }
}
