//! A histogram of times with buckets of 0.4 %: exact mean, quantiles within a bucket.

use crate::engine::time::Span;

/// Sub-buckets per power of two, as a power of two: 256, so a bucket is at most 0.39 % wide.
const BITS: u32 = 8;

/// Counts of times by bucket. Values below 256 ps have a bucket each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    buckets: Vec<u64>,
    sum: u128,
    max: u64,
}

impl Histogram {
    /// Counts one value.
    #[inline(always)]
    pub fn record(&mut self, span: Span) {
        self.record_all(std::iter::once(span));
    }

    /// Counts many values; returns their sum in picoseconds.
    #[inline(always)]
    pub fn record_all(&mut self, spans: impl Iterator<Item = Span>) -> u128 {
        let (mut sum, mut max) = (0_u128, self.max);
        for span in spans {
            let index = bucket_of(span.0);
            match self.buckets.get_mut(index) {
                Some(count) => *count += 1,
                None => self.grow(index),
            }
            sum += u128::from(span.0);
            max = max.max(span.0);
        }
        self.sum += sum;
        self.max = max;
        sum
    }

    /// Counts the first value of a bucket beyond those so far.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, index: usize) {
        self.buckets.resize((index + 1).next_multiple_of(1 << BITS), 0);
        self.buckets[index] = 1;
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Their exact sum in picoseconds.
    #[must_use]
    pub const fn sum_ps(&self) -> u128 {
        self.sum
    }

    /// Their exact mean in picoseconds; none without values.
    #[must_use]
    pub fn mean_ps(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum as f64 / count as f64)
    }

    /// The greatest value; none without values.
    #[must_use]
    pub fn max(&self) -> Option<Span> {
        (self.count() > 0).then_some(Span(self.max))
    }

    /// The value that a share `p` of all values does not exceed (nearest rank), in picoseconds:
    /// the greatest value of its bucket, at most 0.39 % above, never above the maximum; none without
    /// values.
    #[must_use]
    pub fn quantile_ps(&self, p: f64) -> Option<f64> {
        let count = self.count();
        let rank = ((p * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut below = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            below += count;
            if below >= rank {
                return Some((lower_edge(index + 1) - 1).min(self.max) as f64);
            }
        }
        None
    }

    /// (upper edge in picoseconds, values up to it) for each bucket in use, ascending.
    #[must_use]
    pub fn cumulative(&self) -> Vec<(f64, u64)> {
        let mut below = 0;
        let used = self.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        used.map(|(index, count)| {
            below += count;
            (lower_edge(index + 1) as f64, below)
        })
        .collect()
    }

    /// Adds the values of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.buckets.len() > self.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }
}

/// Index of the bucket of a value: linear below 2^8, then 256 buckets per power of two.
#[inline(always)]
fn bucket_of(ps: u64) -> usize {
    let exponent = (ps | (1 << BITS)).ilog2() - BITS;
    ((u64::from(exponent) << BITS) + (ps >> exponent)) as usize
}

/// The least value of a bucket.
fn lower_edge(index: usize) -> u64 {
    let row = (index >> BITS).saturating_sub(1) as u32;
    ((index as u64) - (u64::from(row) << BITS)) << row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_tile_the_numbers_and_stay_narrow() {
        for index in 0..40 << BITS {
            let (low, next) = (lower_edge(index), lower_edge(index + 1));
            assert!(low < next);
            assert_eq!(bucket_of(low), index);
            assert_eq!(bucket_of(next - 1), index);
            assert!(low < 256 || (next - low) as f64 / low as f64 <= 0.005);
        }
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let mut histogram = Histogram::default();
        (1..=100).for_each(|v| histogram.record(Span(v)));
        assert_eq!(histogram.quantile_ps(0.5), Some(50.0));
        assert_eq!(histogram.quantile_ps(0.99), Some(99.0));
        assert_eq!(histogram.quantile_ps(1.0), Some(100.0));
        assert_eq!(histogram.mean_ps(), Some(50.5));
        assert_eq!(Histogram::default().quantile_ps(0.5), None);
    }

    #[test]
    fn the_quantiles_of_a_nearly_constant_value_are_not_below_its_mean() {
        let mut histogram = Histogram::default();
        (0..1000).for_each(|v| histogram.record(Span(3_470_999 + v % 2)));
        assert_eq!(histogram.mean_ps(), Some(3_470_999.5));
        assert_eq!(histogram.quantile_ps(0.5), Some(3_471_000.0));
        assert_eq!(histogram.quantile_ps(0.99), Some(3_471_000.0));
    }
}
