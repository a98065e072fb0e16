//! A first world, built by hand instead of from a scenario file. An M/D/1/16 queue:
//!
//! ```text
//!   Poisson, 1 Mpps --> wire, unlimited --> ring of 16 --> core 0, 0.8 us a packet --> delivered
//!                                               +--> lost
//! ```
//!
//! `cargo run --example first_world`

use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec, keys::Keys};
use rxsim::rx::{cpu, dma::DmaSpec, moderation::Moderation};
use rxsim::world::{
    Consumer, Dispatch, Filter, HostSpec, NicSpec, Part, SteeringSpec, TrafficSpec, World,
};

fn main() {
    let host = HostSpec {
        name: "alpha".into(),
        cores: 1,
        stack: cpu::Stack::WindowsDpc,
        budget: 64,
        quantum: Span::ms(1),
        backlog: 1000,
        idle_before_sleep: Span::us(100),
        dispatch: Dispatch::PerQueue,
        non_preemptive: false,
        exits_per_interrupt: 0,
        halt_poll: Span::ZERO,
        costs: cpu::Costs { packet: Draw::Constant(Span::ns(800)), ..cpu::Costs::ZERO },
    };
    let nic = NicSpec {
        name: "port0".into(),
        host: 0,
        link: None,
        egress: 1 << 20,
        buffer: None,
        dma: DmaSpec { bits: None, max_payload: 256, latency: Span::ZERO },
        ring: 16,
        hold: false,
        queues: vec![0],
        vectors: vec![vec![0]],
        moderation: Moderation::None,
        steering: SteeringSpec::SingleQueue,
        contention: 1.0,
        rebalance: None,
        shared_interrupts: false,
        usable: vec![],
        rps: None,
        flow_control: None,
    };
    let flows = Flows { count: 1, keys: Keys::Random, popularity: Popularity::Uniform };
    let arrivals = Arrivals::Poisson(Gap { ps: Span::us(1).0.into(), packets: 1 });
    let name = "traffic.bulk".into();
    let source = SourceSpec { name, arrivals, sizes: Sizes::Fixed(64), flows };
    let (group, to, filter) = ("bulk".into(), Consumer::Host, Filter::Pass);
    let traffic = TrafficSpec {
        group,
        nic: 0,
        to,
        by_internal_switch: false,
        filter,
        from: Time::ZERO,
        until: None,
        part: Part::default(),
        closed: None,
        source,
    };
    let (warmup, duration) = (Span::ms(10), Some(Span::ms(2000)));
    let (hosts, nics, sources) = (vec![host], vec![nic], vec![traffic]);
    let world = World {
        seed: 1,
        warmup,
        duration,
        step: None,
        batch: None,
        hosts,
        nics,
        sources,
        apps: vec![],
        works: vec![],
        vms: vec![],
        vnics: vec![],
        events: vec![],
        slowdown: false,
    };

    let outcome = rxsim::sim::run(&world, &mut |_| ());
    let bulk = &outcome.sources[0];
    let lost = bulk.dropped.iter().sum::<u64>() as f64 / bulk.offered.packets as f64;
    println!("loss {lost:.6} (theory 0.000271)");
    println!("mean {:.3} us (theory 2.383)", bulk.latency.mean_ps().unwrap_or(0.0) / 1e6);
}
