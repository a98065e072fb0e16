//! Random closed loops. Nothing here draws on other levels.

use super::{Dice, GRID, LOOPS};
use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::world::{ClosedLoop, Consumer, Part, TrafficSpec, Window, World};

/// The same world with most of its sources closed loops.
pub(crate) fn with_closed_loops(mut world: World) -> World {
    let stream = Stream::new(world.seed, "random world", "closed loops");
    let mut dice = Dice { stream, level: LOOPS, on_grid: false };
    dice.closed_loops(&mut world.sources, Span::us(3));
    world
}

impl Dice {
    /// Some of the sources that have all their packets to themselves become closed loops of a few
    /// connections; the gaps of others tell how long things take.
    pub(super) fn closed_loops(&mut self, sources: &mut [TrafficSpec], gap: Span) {
        if !self.has(LOOPS) {
            return;
        }
        for at in 0..sources.len() {
            let name = |source: &TrafficSpec| source.source.name.clone();
            let alone = sources.iter().filter(|it| name(it) == name(&sources[at])).count() == 1;
            let Part { since, flows } = &sources[at].part;
            let whole = flows.is_none() && since.0 == 0;
            if alone && whole && sources[at].to != Consumer::Broadcast && !self.one_in(3) {
                sources[at].closed = Some(self.closed_loop(gap));
                sources[at].source.flows.count = self.between(1, 4) as u32;
            }
        }
    }

    fn closed_loop(&mut self, gap: Span) -> ClosedLoop {
        let gap = gap.max(GRID);
        let feedback = self.span(gap * 8);
        let think = match self.below(3) {
            0 => Draw::ZERO,
            1 => Draw::Constant(self.span(gap * 8)),
            _ => Draw::Exponential { mean: self.span(gap * 8) },
        };
        let most = self.between(1, 10) as u32;
        let window = if self.one_in(2) {
            Window::Fixed(self.between(1, 3) as u32)
        } else {
            Window::Aimd { initial: self.between(1, most.into()) as u32, most }
        };
        let longest = self.pick(&[2, 10, 50]);
        let timeout = feedback + gap + self.span(gap * longest);
        ClosedLoop { window, think, feedback, timeout }
    }
}
