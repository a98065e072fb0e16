//! How a packet's size and flow are drawn.

use super::spec::{Flows, Popularity, Sizes};
use crate::engine::chance::{Stream, below};
use crate::vocab::frame::Frame;
use crate::vocab::id::FlowId;

/// Gives a packet its size.
#[derive(Clone, Debug)]
pub(super) enum SizeChoice {
    Fixed(u32),
    Mix {
        /// (cumulated weight, size).
        steps: Vec<(u64, u32)>,
        total: u64,
        words: Stream,
    },
}

impl SizeChoice {
    pub(super) fn new(sizes: &Sizes, name: &str, seed: u64) -> Self {
        match sizes {
            Sizes::Fixed(size) => Self::Fixed(*size),
            Sizes::Mix(sizes) => {
                let mut total = 0;
                let cumulate = |(size, weight): &(u32, u64)| {
                    total += weight;
                    (total, *size)
                };
                let steps = sizes.iter().map(cumulate).collect();
                Self::Mix { steps, total, words: Stream::new(seed, name, "sizes") }
            }
        }
    }

    /// Writes sizes into these frames. The first frame gets `next`, and `next` becomes the size
    /// after the last.
    pub(super) fn fill(&mut self, next: &mut u32, frames: &mut [Frame]) {
        match self {
            Self::Fixed(size) => frames.iter_mut().for_each(|frame| frame.size = *size),
            Self::Mix { .. } => {
                for frame in frames {
                    frame.size = std::mem::replace(next, self.next());
                }
            }
        }
    }

    /// The size of the next packet; a fixed one draws nothing.
    #[inline(always)]
    pub(super) fn next(&mut self) -> u32 {
        match self {
            Self::Fixed(size) => *size,
            Self::Mix { steps, total, words } => {
                let at = words.below(*total);
                steps[steps.partition_point(|(cumulated, _)| *cumulated <= at)].1
            }
        }
    }
}

/// Gives a packet its flow.
#[derive(Clone, Debug)]
pub(super) enum FlowChoice {
    One,
    Uniform { count: u64, words: Stream },
    Weighted { table: AliasTable, words: Stream },
}

impl FlowChoice {
    pub(super) fn new(flows: &Flows, name: &str, seed: u64) -> Self {
        let words = Stream::new(seed, name, "flows");
        match flows.popularity {
            _ if flows.count == 1 => Self::One,
            Popularity::Uniform => Self::Uniform { count: flows.count.into(), words },
            Popularity::Zipf(exponent) => {
                let weight = |rank: u32| libm::pow(f64::from(rank), -exponent);
                let weights = (1..=flows.count).map(weight).collect();
                Self::Weighted { table: AliasTable::new(weights), words }
            }
        }
    }

    /// Gives these frames their flows.
    pub(super) fn fill(&mut self, frames: &mut [Frame]) {
        match self {
            Self::One => frames.iter_mut().for_each(|frame| frame.flow = 0),
            Self::Uniform { count, words } => {
                for frame in frames {
                    frame.flow = words.below(*count) as u32;
                }
            }
            Self::Weighted { table, words } => {
                for frame in frames {
                    frame.flow = table.choose(words.word());
                }
            }
        }
    }

    /// The flow of the next packet; a single one draws nothing.
    #[inline(always)]
    pub(super) fn next(&mut self) -> FlowId {
        match self {
            Self::One => FlowId(0),
            Self::Uniform { count, words } => FlowId(words.below(*count) as u32),
            Self::Weighted { table, words } => FlowId(table.choose(words.word())),
        }
    }
}

/// Draws one of n items by weight in constant time (Walker's alias method): a column is drawn
/// uniformly, then either the column's item or the one other item that fills it up.
#[derive(Clone, Debug)]
pub(super) struct AliasTable(Box<[Column]>);

#[derive(Clone, Copy, Debug)]
struct Column {
    /// The item's own share of its column, in 2^-32.
    own: u32,
    /// The item that has the rest of the column.
    other: u32,
}

impl AliasTable {
    /// Fills the columns in one sweep with two indices: `light` finds items that leave room in
    /// their column, `heavy` an item that has more than its own column holds.
    fn new(mut weights: Vec<f64>) -> Self {
        let n = weights.len();
        let scale = n as f64 / weights.iter().sum::<f64>();
        for weight in &mut weights {
            *weight *= scale;
        }
        // A column that no other item fills up belongs to its item alone.
        let mut columns: Vec<_> = (0..n as u32).map(|i| Column { own: 0, other: i }).collect();
        let find = |from: usize, heavy: bool| {
            (from..n).find(|&i| (weights[i] > 1.0) == heavy).unwrap_or(n)
        };
        let (mut light, mut heavy) = (find(0, false), find(0, true));
        let mut rest = weights.get(heavy).copied().unwrap_or_default();
        while heavy < n {
            let (filled, own, next) = if rest > 1.0 && light < n {
                let filled = light;
                light = find(light + 1, false);
                (filled, weights[filled], heavy)
            } else {
                (heavy, rest, find(heavy + 1, true))
            };
            if next == n {
                break;
            }
            columns[filled] = Column { own: (own * 2_f64.powi(32)) as u32, other: next as u32 };
            rest = if next == heavy { rest - (1.0 - own) } else { weights[next] - (1.0 - own) };
            heavy = next;
        }
        Self(columns.into())
    }

    /// The item that belongs to a random word.
    #[inline]
    fn choose(&self, word: u64) -> u32 {
        let n = self.0.len() as u64;
        let column = below(word, n);
        let within = (word.wrapping_mul(n) >> 32) as u32;
        let Column { own, other } = self.0[column as usize];
        if within < own { column as u32 } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exact probability that the table gives to each item.
    fn shares(table: &AliasTable) -> Vec<f64> {
        let n = table.0.len();
        let mut shares = vec![0.0; n];
        for (i, column) in table.0.iter().enumerate() {
            let own = f64::from(column.own) / 2_f64.powi(32);
            shares[i] += own / n as f64;
            shares[column.other as usize] += (1.0 - own) / n as f64;
        }
        shares
    }

    #[test]
    fn an_alias_table_has_exactly_the_weights_it_was_built_from() {
        let zipf = |n: u32, s: f64| (1..=n).map(|k| f64::from(k).powf(-s)).collect::<Vec<_>>();
        let rising = (1..=50).map(f64::from).collect();
        let mixed = vec![1.0, 9.0, 0.0, 3.0, 3.0, 0.5];
        let tables = [
            zipf(1, 1.0),
            zipf(2, 1.1),
            zipf(1_000, 1.1),
            zipf(300, 0.0),
            zipf(9, 3.0),
            rising,
            mixed,
        ];
        for weights in tables {
            let total: f64 = weights.iter().sum();
            let shares = shares(&AliasTable::new(weights.clone()));
            for (weight, share) in weights.iter().zip(shares) {
                assert!((weight / total - share).abs() < 1e-9, "{weights:?}: {weight} {share}");
            }
        }
    }

    #[test]
    fn sizes_of_a_mix_come_by_weight() {
        let mix = Sizes::Mix(vec![(64, 7), (594, 4), (1518, 1)]);
        let mut choice = SizeChoice::new(&mix, "test", 1);
        let mut counts = [0; 3];
        for _ in 0..120_000 {
            match choice.next() {
                64 => counts[0] += 1,
                594 => counts[1] += 1,
                _ => counts[2] += 1,
            }
        }
        for (count, expected) in counts.iter().zip([70_000, 40_000, 10_000]) {
            assert!(i32::abs(count - expected) < 800, "{counts:?}");
        }
    }
}
