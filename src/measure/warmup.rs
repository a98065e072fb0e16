//! Where the start-up transient of a series ends: MSER-5 (White, Cobb and Spratt 2000).
//!
//! The series is averaged in batches of five; the cut is the one that minimises the squared
//! standard error of the mean of what remains.

/// Values per batch.
const BATCH: usize = 5;

/// How many leading values of `series` to discard. None where the best cut lies in the second half:
/// the series is too short to tell its transient from its steady state.
#[must_use]
pub fn mser5(series: &[f64]) -> Option<usize> {
    let batches: Vec<f64> =
        series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let errors = squared_errors(&batches);
    let best = (0..errors.len()).min_by(|a, b| errors[*a].total_cmp(&errors[*b]))?;
    (best <= batches.len() / 2).then_some(best * BATCH)
}

/// For each cut the squared standard error of the mean of what remains. Cuts that leave fewer than
/// five batches are not considered: a handful of values is flat by accident.
fn squared_errors(batches: &[f64]) -> Vec<f64> {
    let cuts = (batches.len() + 1).saturating_sub(BATCH);
    let error = |cut: usize| {
        let rest = &batches[cut..];
        let n = rest.len() as f64;
        let mean = rest.iter().sum::<f64>() / n;
        rest.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n * n)
    };
    (0..cuts).map(error).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chance::{Stream, unit};

    fn noise(n: usize) -> Vec<f64> {
        let mut stream = Stream::new(7, "test", "noise");
        (0..n).map(|_| unit(stream.word()) - 0.5).collect()
    }

    #[test]
    fn a_known_transient_is_cut_where_it_ends() {
        let ramp = |i: usize| if i < 100 { -((100 - i) as f64) } else { 0.0 };
        let series: Vec<f64> =
            noise(1000).iter().enumerate().map(|(i, noise)| noise + ramp(i)).collect();
        let cut = mser5(&series).unwrap();
        assert!((95..=115).contains(&cut), "{cut}");
    }

    #[test]
    fn a_flat_series_loses_nothing_and_noise_little() {
        assert_eq!(mser5(&[3.0; 200]), Some(0));
        assert!(mser5(&noise(1000)).unwrap() <= 100);
    }

    #[test]
    fn a_series_that_never_settles_has_no_cut() {
        let step: Vec<f64> = (0..200).map(|i| if i < 150 { 0.0 } else { 9.0 }).collect();
        assert_eq!(mser5(&step), None);
        assert_eq!(mser5(&[1.0; 20]), None);
    }
}
