//! Unpinned vCPUs: a vCPU wakes up on the allowed core with the fewest runnable threads.

use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::core::delivery::{ChannelAt, Turn};
use crate::sim::coupling::rank::Rank;
use crate::sim::host::host::Host;
use crate::sim::itinerary::channels::served_by;
use crate::world::{VnicOwner, World};

impl Host {
    /// Records the places that unpinned vCPUs may take on their allowed cores.
    pub(crate) fn with_unpinned_vcpus(mut self, world: &World, host: usize) -> Self {
        if !world.vms.iter().any(|vm| vm.host == host && vm.allowed_cores.is_some()) {
            return self;
        }
        self.interacting = true;
        self.allowed_places = vec![Vec::new(); self.channels.len()];
        for (vm, spec) in world.vms.iter().enumerate().filter(|(_, vm)| vm.host == host) {
            let Some(allowed) = &spec.allowed_cores else { continue };
            for vcpu in 0..spec.vcpus.len() as u32 {
                let place =
                    |core: &u32| (*core as usize, self.cores[*core as usize].place(vm, vcpu));
                let places: Vec<(usize, usize)> = allowed.iter().map(place).collect();
                for (channel, _) in served_by(world, VnicOwner::Vm { vm, vcpu }) {
                    self.allowed_places[channel].clone_from(&places);
                }
            }
        }
        self
    }

    /// Whether any vCPU is unpinned. The core on which such a vCPU wakes up depends on the state of
    /// all cores, so the cores of the host then advance in lock step.
    pub(super) fn has_unpinned_vcpus(&self) -> bool {
        !self.allowed_places.is_empty()
    }

    /// Where the guest of a channel is notified in a handoff of this rank. An idle unpinned vCPU
    /// wakes up on the allowed core with the fewest runnable threads.
    pub(crate) fn wakeup_target(
        &mut self,
        channel: usize,
        rank: Rank,
        ledger: &mut Ledger<'_>,
    ) -> (usize, ChannelAt) {
        let (from, at) = self.channels[channel].expect("a guest runs on the host of its NIC");
        let is_waiting =
            |core: &Core| core.threads.as_ref().is_some_and(|one| one.is_waiting(at.thread));
        let places = self.allowed_places.get(channel).filter(|places| !places.is_empty());
        let Some(places) = places.filter(|_| is_waiting(&self.cores[from])) else {
            return (from, at);
        };
        let before = Turn { time: rank.moment(), core: rank.core() };
        let mut first: Option<(usize, (usize, usize))> = None;
        for place in places {
            let threads = self.cores[place.0].threads.as_mut().expect("a vCPU may be here");
            let load = threads.load(before, &self.queues, ledger);
            if first.is_none_or(|(least, _)| load < least) {
                first = Some((load, *place));
            }
        }
        let (_, (to, thread)) = first.expect("an unpinned vCPU has an allowed core");
        if to != from {
            let both = self.cores.get_disjoint_mut([from, to]).expect("two cores of the host");
            let [old, new] = both.map(|core| core.threads.as_mut().expect("a vCPU may be here"));
            new.migrate_from(thread, old, at.thread);
            for (channel, at) in new.places().filter(|(_, at)| at.thread == thread) {
                self.channels[channel] = Some((to, at));
            }
        }
        (to, ChannelAt { thread, ..at })
    }
}

impl Core {
    /// The place of a vCPU among the threads of this core, which is one of its allowed cores.
    fn place(&self, vm: usize, vcpu: u32) -> usize {
        let mut vcpus = self.threads.iter().flat_map(|threads| threads.vcpus());
        let place = vcpus.find(|(_, one)| (one.vm, one.number) == (vm, vcpu));
        place.expect("a vCPU has a place on each of its allowed cores").0
    }
}
