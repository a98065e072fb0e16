//! Closed loops in random worlds.

use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::rx::source::Arrivals;
use rxsim::world::{ClosedLoop, Window, World};

/// The same world with most of its sources closed loops of a few connections.
pub(crate) fn with_loops(mut world: World) -> World {
    let mut stream = Stream::new(world.seed, "random world", "loops");
    for source in &mut world.sources {
        let is_recorded = matches!(source.source.arrivals, Arrivals::Capture(_));
        if is_recorded || stream.below(4) == 0 {
            continue;
        }
        source.source.flows.count = source.source.flows.count.min(4);
        source.closed = Some(random(&mut stream));
    }
    world
}

fn random(stream: &mut Stream) -> ClosedLoop {
    let mut up_to = |most: u64| 1 + stream.below(most) as u32;
    let (initial, more) = (up_to(6), up_to(12));
    let window = match up_to(2) {
        1 => Window::Fixed(initial),
        _ => Window::Aimd { initial, most: initial + more },
    };
    let mean = Span::us(1) * up_to(30).into();
    let think = match up_to(3) {
        1 => Draw::ZERO,
        2 => Draw::Constant(mean),
        _ => Draw::Exponential { mean },
    };
    let feedback = Span::us(4) + Span::ns(100) * up_to(400).into();
    let timeout = feedback + Span::us(1) * up_to(150).into();
    ClosedLoop { window, think, feedback, timeout }
}
