//! Random receive packet steering. Nothing here draws on other levels.

use super::{Dice, RPS};
use rxsim::engine::time::Span;
use rxsim::world::{FlowMap, HostSpec, NicSpec, RpsSpec};

impl Dice {
    /// Most ports whose stack knows it spread their packets over some of the cores.
    pub(super) fn rps(&mut self, hosts: &mut [HostSpec], nics: &mut [NicSpec]) {
        if !self.has(RPS) {
            return;
        }
        for host in hosts.iter_mut() {
            host.costs.ipi = self.cost(Span::ns(500));
        }
        for nic in nics {
            let host = &hosts[nic.host];
            if host.stack.masks() && !self.one_in(4) {
                nic.rps = Some(self.rps_spec(host.cores));
            }
        }
    }

    fn rps_spec(&mut self, cores: u32) -> RpsSpec {
        let mut over: Vec<u32> = (0..cores).collect();
        while over.len() > 1 && self.one_in(3) {
            let left_out = self.below(over.len() as u64) as usize;
            over.remove(left_out);
        }
        if self.one_in(2) {
            over.reverse();
        }
        let rss = if self.one_in(5) { None } else { Some(self.rss(over.len() as u64)) };
        RpsSpec { cores: FlowMap { targets: over, rss }, backlog: self.small() }
    }
}
