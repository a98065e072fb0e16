//! A first world, built by hand instead of from a scenario file. An M/D/1/16 queue:
//!
//! ```text
//!   Poisson, 1 Mpps --> ring of 16 --> core 0, 0.8 us a packet --> delivered
//!                          +--> lost
//! ```
//!
//! `cargo run --example first_world`

use rxsim::world::{Arrivals, Draw, HostSpec, NicSpec, TrafficSpec, World};
use rxsim::{Error, Span, run};

fn main() -> Result<(), Error> {
    let mut host = HostSpec::new("alpha", 1);
    host.costs.packet = Draw::Constant(Span::ns(800));
    let mut nic = NicSpec::new("port0", 0, &[0]);
    nic.ring = 16;
    let traffic = TrafficSpec::new("bulk", 0, Arrivals::poisson(Span::us(1)));

    let mut world = World::new(Span::ms(2000));
    world.warmup = Span::ms(10);
    world.hosts.push(host);
    world.nics.push(nic);
    world.sources.push(traffic);

    let bulk = &run(&world)?.sources[0];
    println!("loss {:.6} (theory 0.000271)", bulk.lost() as f64 / bulk.offered.packets as f64);
    println!("mean {:.3} us (theory 2.383)", bulk.latency.mean_ps().unwrap_or(0.0) / 1e6);
    Ok(())
}
