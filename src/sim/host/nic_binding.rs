//! Binds a NIC port to its host: its queues, its vectors, and the policy that moves them.

use crate::engine::time::{Span, Time};
use crate::rx::ring::Ring;
use crate::sim::control::policy_runner::PolicyRunner;
use crate::sim::core::core::Core;
use crate::sim::itinerary::rx_path::RxPaths;
use crate::sim::itinerary::vf_rings::owners;
use crate::sim::nic::port::Port;
use crate::sim::queue::rx_queue::RxQueue;
use crate::sim::queue::vector::Vector;
use crate::world::{VnicOwner, World};

pub(crate) struct NicBinding {
    /// Index in the world.
    pub(crate) nic: usize,
    pub(crate) port: Port,
    /// Index of its queue 0 among the host's queues; the rings of its virtual functions follow its
    /// own queues.
    pub(crate) base: usize,
    pub(crate) queues: usize,
    pub(crate) hold: bool,
    /// The queue whose descriptor the first frame waits for, and since when.
    pub(crate) blocked: Option<(usize, Time)>,
    /// Time for which frames have been held, up to the last descriptor that was freed.
    pub(crate) held: Span,
    /// The cores that may serve its queues, the home core first.
    pub(crate) usable: Vec<usize>,
    /// Per core the index of the port's first vector, where queues move.
    slots: Vec<usize>,
    /// The queues of one core share a vector.
    shared: bool,
    pub(crate) policy_runner: Option<PolicyRunner>,
    pub(crate) moves: u64,
    pub(crate) last_move: Option<Time>,
}

impl NicBinding {
    /// Creates port `index` of the world, with its queues and vectors on their first cores.
    pub(crate) fn new(
        world: &World,
        index: usize,
        rx_paths: &RxPaths,
        queues: &mut Vec<RxQueue>,
        cores: &mut [Core],
    ) -> Self {
        let (nic, base) = (&world.nics[index], queues.len());
        let of_vfs = owners(world, index).into_iter().map(|owner| core_of(world, owner));
        let all = nic.queues.iter().copied().chain(of_vfs);
        queues.extend(all.zip(0..).map(|(core, number)| RxQueue {
            ring: Ring::new(nic.ring),
            number,
            core: core as usize,
            is_vf: number as usize >= nic.queues.len(),
            target: None,
            move_number: 0,
            watched: false,
            refused: 0,
            dropped: 0,
        }));
        let mut port = Self {
            nic: index,
            port: Port::new(world, index, rx_paths),
            base,
            queues: nic.queues.len(),
            hold: nic.hold,
            blocked: None,
            held: Span::ZERO,
            usable: nic.usable.iter().map(|core| *core as usize).collect(),
            slots: Vec::new(),
            shared: nic.shared_interrupts,
            policy_runner: nic.rebalance.as_ref().map(PolicyRunner::new),
            moves: 0,
            last_move: None,
        };
        if world.moves_queues(index) {
            port.create_vectors_everywhere(world, queues, cores);
        } else {
            port.create_fixed_vectors(world, queues, cores);
        }
        port
    }

    /// Creates the vectors of queues that never move.
    fn create_fixed_vectors(&self, world: &World, queues: &[RxQueue], cores: &mut [Core]) {
        let nic = &world.nics[self.nic];
        // Only a vector that can be masked can be shared by queues.
        let together = world.hosts[nic.host].stack.masks();
        let each: Vec<Vec<u32>> = (0..self.queues as u32).map(|queue| vec![queue]).collect();
        for vector in if together { &nic.vectors } else { &each } {
            let rings: Vec<usize> = vector.iter().map(|one| self.base + *one as usize).collect();
            cores[queues[rings[0]].core].vectors.push(Vector::new(self.nic, nic, rings));
        }
    }

    /// Creates vectors on every core for queues that move. A vector without queues never becomes
    /// due.
    fn create_vectors_everywhere(&mut self, world: &World, queues: &[RxQueue], cores: &mut [Core]) {
        let nic = &world.nics[self.nic];
        let own = self.base..self.base + self.queues;
        for (number, core) in cores.iter_mut().enumerate() {
            self.slots.push(core.vectors.len());
            let here: Vec<usize> = own.clone().filter(|at| queues[*at].core == number).collect();
            if self.shared {
                core.vectors.push(Vector::new(self.nic, nic, here));
            } else {
                for at in own.clone() {
                    let only = here.contains(&at).then_some(at).into_iter().collect();
                    let mut vector = Vector::new(self.nic, nic, only);
                    vector.moves_with_queue = true;
                    core.vectors.push(vector);
                }
            }
        }
    }

    /// Whether queues of the port may move.
    pub(crate) fn moves_queues(&self) -> bool {
        !self.slots.is_empty()
    }

    /// The index of a queue's vector on a core.
    pub(crate) fn slot(&self, core: usize, number: usize) -> usize {
        assert!(self.moves_queues(), "nothing moves the queues of nic {}", self.nic);
        self.slots[core] + if self.shared { 0 } else { number }
    }

    pub(crate) fn record_move(&mut self, now: Time) {
        self.moves += 1;
        self.last_move = Some(now);
    }

    /// Time for which frames have been held up to `now`.
    pub(crate) fn held_by(&self, now: Time) -> Span {
        self.held + self.blocked.map_or(Span::ZERO, |(_, since)| now - since)
    }
}

/// The core of a vCPU.
fn core_of(world: &World, owner: VnicOwner) -> u32 {
    match owner {
        VnicOwner::Vm { vm, vcpu } => world.vms[vm].vcpus[vcpu as usize],
        VnicOwner::Host => unreachable!("virtual functions belong to guests"),
    }
}
