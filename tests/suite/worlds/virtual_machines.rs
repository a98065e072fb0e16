//! Random virtual machines. Nothing here draws below [`VMS`], so that other levels stay as they
//! are.

use super::{Dice, VMS};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::world::{
    Consumer, Filter, HostSpec, NicSpec, PathReason, RxPath, SteeringSpec, TrafficSpec, VmSpec,
    VnicOwner, VnicSpec,
};

impl Dice {
    /// Virtual machines on some of the hosts that have a port, with what they and their virtual
    /// NICs cost, and the queues of VMQ; and virtual NICs of hosts.
    pub(super) fn virtual_machines(
        &mut self,
        hosts: &mut [HostSpec],
        nics: &mut [NicSpec],
    ) -> (Vec<VmSpec>, Vec<VnicSpec>) {
        let (mut vms, mut vnics) = (Vec::new(), Vec::new());
        if self.level < VMS {
            return (vms, vnics);
        }
        for (at, host) in hosts.iter_mut().enumerate() {
            let ports: Vec<usize> = (0..nics.len()).filter(|nic| nics[*nic].host == at).collect();
            if ports.is_empty() || self.one_in(5) {
                continue;
            }
            self.virtual_costs(host);
            for port in &ports {
                self.perhaps_vmq(&mut nics[*port], host.cores);
            }
            for index in 0..self.between(1, 4) as u32 {
                let vcpus = self.vcpus(host.cores, &nics[ports[0]].queues);
                for number in 0..self.between(1, 2) {
                    let vcpu = self.below(vcpus.len() as u64) as u32;
                    let name = format!("vm.h{at}[{index}].{number}");
                    let owner = VnicOwner::Vm { vm: vms.len(), vcpu };
                    let nic = self.pick(&ports);
                    vnics.push(self.vnic(name, nic, owner));
                }
                let (floats, runs) = (None, true);
                vms.push(VmSpec {
                    group: format!("h{at}"),
                    index,
                    host: at,
                    vcpus,
                    allowed_cores: floats,
                    running: runs,
                });
            }
            if self.one_in(3) {
                let nic = self.pick(&ports);
                vnics.push(self.vnic(format!("vnic.h{at}[0]"), nic, VnicOwner::Host));
            }
        }
        self.vm_queues(nics, &mut vnics);
        (vms, vnics)
    }

    /// One or two cores: those of receive queues, or any.
    fn vcpus(&mut self, cores: u32, of_queues: &[u32]) -> Vec<u32> {
        let any = |dice: &mut Self| dice.below(cores.into()) as u32;
        let number = self.between(1, 2);
        (0..number).map(|_| if self.one_in(2) { self.pick(of_queues) } else { any(self) }).collect()
    }

    fn vnic(&mut self, name: String, nic: usize, owner: VnicOwner) -> VnicSpec {
        let channel = if self.one_in(2) { self.between(1, 3) as u32 } else { self.small() };
        let path_reason = PathReason::None;
        let (channels, rx_path) = (None, RxPath::DefaultQueue);
        VnicSpec { name, nic, owner, channel, channels, rx_path, vf: None, path_reason }
    }

    fn virtual_costs(&mut self, host: &mut HostSpec) {
        let costs = &mut host.costs;
        costs.vswitch_packet = self.draw(Span::ns(600));
        costs.vswitch_byte = self.per_byte();
        costs.vswitch_lookup = self.draw(Span::ns(300));
        costs.vswitch_copy = self.per_byte();
        costs.vm_notify = self.cost(Span::us(1));
        costs.guest_interrupt = self.cost(Span::us(1));
        costs.guest_packet = self.draw(Span::us(1));
        costs.guest_byte = self.per_byte();
        costs.guest_preempt = self.cost(Span::us(1));
    }

    /// What a byte costs, which may be random; on the grid 64 of them cost a whole step of it.
    fn per_byte(&mut self) -> Draw {
        if self.on_grid && self.one_in(2) {
            return Draw::Constant(Span::ps(12_500));
        }
        if self.on_grid || self.one_in(2) {
            return Draw::ZERO;
        }
        self.draw(Span::ps(1_500))
    }

    /// Steers two ports of three by virtual NIC, over up to six queues.
    fn perhaps_vmq(&mut self, nic: &mut NicSpec, cores: u32) {
        if self.one_in(3) {
            return;
        }
        nic.queues = (0..self.between(1, 6)).map(|_| self.below(cores.into()) as u32).collect();
        nic.vectors = self.vectors(&nic.queues);
        nic.steering = SteeringSpec::Vmq { shared_memory: self.one_in(2) };
    }

    /// Under VMQ gives queues, but for the default one, to most virtual NICs until none is left.
    fn vm_queues(&mut self, nics: &[NicSpec], vnics: &mut [VnicSpec]) {
        let mut next = vec![1; nics.len()];
        for vnic in vnics {
            let nic = &nics[vnic.nic];
            let vmq = matches!(nic.steering, SteeringSpec::Vmq { .. });
            if vmq && next[vnic.nic] < nic.queues.len() as u32 && !self.one_in(4) {
                vnic.rx_path = RxPath::queue(next[vnic.nic]);
                next[vnic.nic] += 1;
            }
        }
    }

    /// Sources beyond those of a world without virtual NICs.
    pub(super) fn more_sources(&mut self, vnics: &[VnicSpec]) -> usize {
        if vnics.is_empty() { 0 } else { self.below(5) as usize }
    }

    /// Redirects most sources to a virtual NIC on their port.
    pub(super) fn perhaps_to_vnic(
        &mut self,
        mut source: TrafficSpec,
        vnics: &[VnicSpec],
    ) -> TrafficSpec {
        let on_port: Vec<usize> =
            (0..vnics.len()).filter(|vnic| vnics[*vnic].nic == source.nic).collect();
        if !on_port.is_empty() && !self.one_in(4) {
            let vnic = self.pick(&on_port);
            source.to = Consumer::Vnic(vnic);
            if vnics[vnic].vf.is_some() && source.filter == Filter::DropInDriver {
                source.filter = Filter::Pass; // no driver of the host sees its packets
            }
        }
        source
    }
}
