//! Random lengths of time whose bits are the same on every machine and in every build.
//!
//! A general-purpose crate of distributions changes its bits with the feature flags of unrelated
//! crates (its logarithms come from the platform or from software, whichever the whole build
//! turned on). So the few laws that the model needs are sampled here on direct `libm` calls, and
//! tested against that crate by Kolmogorov-Smirnov.
//!
//! A sampler maps one random word to one value; where a law needs more words it derives them from
//! the first. The result is rounded to whole picoseconds in one place.

use super::chance::{below, scramble, unit};
use super::time::Span;
use std::sync::LazyLock;

/// A length of time, constant or random: what it is, in words of the scenario.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Draw {
    /// Always the same.
    Constant(Span),
    /// Exponential with this mean.
    Exponential {
        /// The mean.
        mean: Span,
    },
    /// Lognormal with this mean.
    Lognormal {
        /// The mean (not the median).
        mean: Span,
        /// Coefficient of variation: standard deviation over mean.
        cv: f64,
    },
    /// Uniform between two bounds, both possible.
    Uniform {
        /// The least value.
        min: Span,
        /// The greatest value.
        max: Span,
    },
    /// One of several values by weight.
    Discrete(Vec<(Span, u64)>),
    /// Pareto with this mean and shape (shape above 1).
    Pareto {
        /// The mean.
        mean: Span,
        /// The tail index alpha; the smaller, the heavier the tail.
        shape: f64,
    },
}

impl Draw {
    /// Nothing, always.
    pub const ZERO: Self = Self::Constant(Span::ZERO);

    /// Whether this is constant zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// The mean in picoseconds.
    #[must_use]
    pub fn mean_ps(&self) -> f64 {
        match self {
            Self::Constant(span) => span.0 as f64,
            Self::Exponential { mean }
            | Self::Lognormal { mean, .. }
            | Self::Pareto { mean, .. } => mean.0 as f64,
            Self::Uniform { min, max } => f64::midpoint(min.0 as f64, max.0 as f64),
            Self::Discrete(values) => {
                let total: f64 = values.iter().map(|(_, weight)| *weight as f64).sum();
                values.iter().map(|(span, weight)| span.0 as f64 * *weight as f64).sum::<f64>()
                    / total
            }
        }
    }

    /// The same law with every value multiplied by `factor` (and rounded to a picosecond).
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        let scale = |span: &Span| Span(round(span.0 as f64 * factor));
        match self {
            Self::Constant(span) => Self::Constant(scale(span)),
            Self::Exponential { mean } => Self::Exponential { mean: scale(mean) },
            Self::Lognormal { mean, cv } => Self::Lognormal { mean: scale(mean), cv: *cv },
            Self::Uniform { min, max } => Self::Uniform { min: scale(min), max: scale(max) },
            Self::Discrete(values) => {
                Self::Discrete(values.iter().map(|(span, weight)| (scale(span), *weight)).collect())
            }
            Self::Pareto { mean, shape } => Self::Pareto { mean: scale(mean), shape: *shape },
        }
    }
}

/// A [`Draw`] made ready to be sampled.
#[derive(Clone, Debug)]
pub enum Sampler {
    /// Always this many picoseconds.
    Constant(u64),
    /// Exponential with this mean.
    Exponential(Exponential),
    /// `exp(mu + sigma z)`.
    Lognormal {
        /// Mean of the logarithm (of picoseconds).
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// `min + 0..values`.
    Uniform {
        /// The least value.
        min: u64,
        /// How many values are possible.
        values: u64,
    },
    /// Values by cumulated weight.
    Discrete {
        /// (cumulated weight, value).
        steps: Vec<(u64, u64)>,
        /// The sum of the weights.
        total: u64,
    },
    /// `scale * u^(-1 / shape)`.
    Pareto {
        /// The least value.
        scale: f64,
        /// `-1 / shape`.
        exponent: f64,
    },
}

impl Sampler {
    /// Prepares `draw`.
    #[must_use]
    pub fn new(draw: &Draw) -> Self {
        match draw {
            Draw::Constant(span) => Self::Constant(span.0),
            Draw::Exponential { mean } => Self::Exponential(Exponential::new(mean.0 as f64)),
            Draw::Lognormal { mean, cv } => {
                let variance = libm::log(1.0 + cv * cv);
                let mu = libm::log(mean.0 as f64) - variance / 2.0;
                Self::Lognormal { mu, sigma: libm::sqrt(variance) }
            }
            Draw::Uniform { min, max } => Self::Uniform { min: min.0, values: max.0 - min.0 + 1 },
            Draw::Discrete(values) => {
                let mut total = 0;
                let cumulate = |(span, weight): &(Span, u64)| {
                    total += weight;
                    (total, span.0)
                };
                let steps = values.iter().map(cumulate).collect();
                Self::Discrete { steps, total }
            }
            Draw::Pareto { mean, shape } => Self::Pareto {
                scale: mean.0 as f64 * (shape - 1.0) / shape,
                exponent: -1.0 / shape,
            },
        }
    }

    /// The value that belongs to a random word.
    #[inline]
    #[must_use]
    pub fn span(&self, word: u64) -> Span {
        match self {
            Self::Constant(ps) => Span(*ps),
            Self::Exponential(law) => law.span(word),
            other => other.rare(word),
        }
    }

    /// The laws that no inner loop is tuned for.
    fn rare(&self, word: u64) -> Span {
        Span(match self {
            Self::Lognormal { mu, sigma } => round(libm::exp(mu + sigma * normal(word))),
            Self::Uniform { min, values } => min + below(word, *values),
            Self::Discrete { steps, total } => {
                let at = below(word, *total);
                let index = steps.partition_point(|(cumulated, _)| *cumulated <= at);
                steps[index].1
            }
            Self::Pareto { scale, exponent } => round(scale * libm::pow(unit(word), *exponent)),
            Self::Constant(_) | Self::Exponential(_) => unreachable!("sampled by the caller"),
        })
    }

    /// The value, if it is the same for every word.
    #[must_use]
    pub const fn constant(&self) -> Option<Span> {
        if let Self::Constant(ps) = self { Some(Span(*ps)) } else { None }
    }
}

/// An exponential law by the ziggurat of Marsaglia and Tsang (2000), 256 layers.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    mean: f64,
    layers: &'static Layers,
}

impl Exponential {
    /// The law with this mean in picoseconds.
    #[must_use]
    pub fn new(mean: f64) -> Self {
        Self { mean, layers: &LAYERS }
    }

    /// The value that belongs to a random word, in whole picoseconds.
    #[inline]
    #[must_use]
    pub fn span(&self, word: u64) -> Span {
        let layer = (word & 0xff) as usize;
        let x = (word >> 11) as f64 * self.layers.width[layer];
        let standard = if x < self.layers.edge[layer + 1] { x } else { self.layers.outside(word) };
        Span(round(standard * self.mean))
    }
}

/// Where the exponential density is covered by 256 layers of equal area.
#[derive(Debug)]
struct Layers {
    /// Right edge of each layer; the last is 0.
    edge: [f64; 257],
    /// `edge / 2^53`: maps a 53-bit integer to the layer.
    width: [f64; 256],
    /// The density at each edge.
    density: [f64; 257],
}

/// Right edge of the base layer for 256 layers, and the area of each (Marsaglia and Tsang 2000).
const TAIL: f64 = 7.697_117_470_131_487;
const AREA: f64 = 0.003_949_659_822_581_557;

static LAYERS: LazyLock<Layers> = LazyLock::new(|| {
    let mut edge = [0.0; 257];
    edge[0] = AREA / libm::exp(-TAIL);
    edge[1] = TAIL;
    for i in 1..255 {
        edge[i + 1] = -libm::log(libm::exp(-edge[i]) + AREA / edge[i]);
    }
    let width = std::array::from_fn(|i| edge[i] * (1.0 / (1_u64 << 53) as f64));
    let density = std::array::from_fn(|i| libm::exp(-edge[i]));
    Layers { edge, width, density }
});

impl Layers {
    /// The one draw in ninety that the fast comparison cannot settle.
    #[cold]
    fn outside(&self, first: u64) -> f64 {
        let mut word = first;
        loop {
            let layer = (word & 0xff) as usize;
            let x = (word >> 11) as f64 * self.width[layer];
            if x < self.edge[layer + 1] {
                return x;
            }
            word = scramble(word);
            if layer == 0 {
                return TAIL - libm::log(unit(word));
            }
            let (low, high) = (self.density[layer], self.density[layer + 1]);
            if low + (high - low) * unit(word) < libm::exp(-x) {
                return x;
            }
            word = scramble(word);
        }
    }
}

/// A standard normal value by Box and Muller.
fn normal(word: u64) -> f64 {
    let angle = 2.0 * std::f64::consts::PI * unit(scramble(word));
    libm::sqrt(-2.0 * libm::log(unit(word))) * libm::cos(angle)
}

/// To the nearest whole picosecond, of two to the even one; a value beyond the clock ends at its
/// end.
///
/// Below 2^51, at 2^52 and above floats are whole numbers, and the low bits of `2^52 + x` are `x`
/// rounded: far fewer instructions than a saturating conversion.
#[inline]
fn round(ps: f64) -> u64 {
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    if ps < TWO_52 / 2.0 { (ps + TWO_52).to_bits() & ((1 << 52) - 1) } else { ps as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chance::Stream;

    fn mean_and_square(draw: &Draw) -> (f64, f64) {
        let (sampler, n) = (Sampler::new(draw), 400_000);
        let mut stream = Stream::new(1, "test", "moments");
        let values: Vec<f64> = (0..n).map(|_| sampler.span(stream.word()).0 as f64).collect();
        let mean = values.iter().sum::<f64>() / f64::from(n);
        (mean, values.iter().map(|v| v * v).sum::<f64>() / f64::from(n))
    }

    #[test]
    fn moments_are_those_of_the_law() {
        let mean = Span::us(1);
        let cases = [
            (Draw::Constant(mean), 1.0),
            (Draw::Exponential { mean }, 2.0),
            (Draw::Lognormal { mean, cv: 0.5 }, 1.25),
            (Draw::Uniform { min: Span::ZERO, max: Span::us(2) }, 4.0 / 3.0),
            (Draw::Discrete(vec![(Span::ns(500), 9), (Span::ns(5500), 1)]), 3.25),
        ];
        for (draw, second) in cases {
            assert!((draw.mean_ps() - 1e6).abs() < 1.0, "{draw:?}");
            let (first, square) = mean_and_square(&draw);
            assert!((first / 1e6 - 1.0).abs() < 0.01, "{draw:?}: mean {first}");
            assert!(
                (square / 1e12 / second - 1.0).abs() < 0.03,
                "{draw:?}: second moment {square}"
            );
        }
    }

    #[test]
    fn the_layers_close_at_the_top_of_the_density() {
        let last = LAYERS.edge[255];
        assert!((libm::exp(-last) + AREA / last - 1.0).abs() < 1e-9);
    }
}
