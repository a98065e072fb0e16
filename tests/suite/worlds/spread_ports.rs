//! Random worlds whose ports spread packets over cores in software.

use super::{MICROSOFT_KEY, random_world};
use rxsim::engine::chance::Stream;
use rxsim::engine::time::Span;
use rxsim::host::world::{SoftSpread, Spread, World};
use rxsim::rx::cpu::Stack;
use rxsim::rx::steering::rss::{HashTypes, RssSpec};

/// The random world of this seed and level, but for stacks that spread nothing.
pub(crate) fn spreading_world(seed: u64, level: u8) -> World {
    let mut world = random_world(seed, level);
    let mut dice = Stream::new(seed, "spreading world", "");
    for host in &mut world.hosts {
        if !host.stack.masks() {
            let ksoftirqd_defers = dice.below(2) == 0;
            let napi = Stack::LinuxNapi { hz: 10_000_000, ksoftirqd_defers };
            host.stack = [Stack::WindowsDpc, napi][dice.below(2) as usize];
        }
        host.cores = host.cores.max(1 + dice.below(4) as u32);
        host.costs.ipi = Span::ns(100) * dice.below(8);
    }
    for nic in &mut world.nics {
        let cores = world.hosts[nic.host].cores.into();
        let over = (0..=dice.below(3)).map(|_| dice.below(cores) as u32).collect();
        let backlog = [1, 2, 5, 1000][dice.below(4) as usize];
        nic.spread = (dice.below(5) > 0).then(|| by_hash(over, backlog));
    }
    world
}

/// Spreads over these cores by a hash of addresses and ports, where there are any; else all goes
/// to the first one.
pub(crate) fn by_hash(over: Vec<u32>, backlog: u32) -> SoftSpread {
    let types = HashTypes {
        ipv4: true,
        tcp_ipv4: true,
        udp_ipv4: true,
        ipv6: true,
        tcp_ipv6: true,
        udp_ipv6: true,
    };
    let table = (0..128).map(|entry| entry % over.len() as u32).collect();
    let rss = Some(RssSpec { key: MICROSOFT_KEY, types, table });
    SoftSpread { cores: Spread { over, rss }, backlog }
}
