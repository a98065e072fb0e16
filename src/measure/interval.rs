//! Mean and 95 % confidence half-width of independent replications (Student's t).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// A mean and how far the true one may be from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean of the values.
    pub mean: f64,
    /// Half the width of the 95 % interval around the mean; none for fewer than two values.
    pub half_width: Option<f64>,
}

/// The mean of `values` and its 95 % half-width; none without values.
#[must_use]
pub fn estimate(values: &[f64]) -> Option<Estimate> {
    let first = values.first()?;
    let n = values.len() as f64;
    // Relative to the first value, so that equal values have exactly their mean and no width.
    let mean = first + values.iter().map(|value| value - first).sum::<f64>() / n;
    let half_width = (values.len() > 1).then(|| {
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        student_t_95(values.len() - 1) * (squares / (n - 1.0) / n).sqrt()
    });
    Some(Estimate { mean, half_width })
}

/// The t that a Student-t variable with so many degrees of freedom exceeds in size in 5 % of all
/// cases (the two-sided 95 % quantile).
///
/// # Panics
/// Without degrees of freedom.
#[must_use]
pub fn student_t_95(degrees: usize) -> f64 {
    assert!(degrees > 0, "an interval needs two values");
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if within(middle, degrees) < 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (degrees as f64).sqrt() * low.tan()
}

/// The probability that |T| is below sqrt(degrees) x tan(angle): the finite series of Abramowitz
/// and Stegun, Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even).
fn within(angle: f64, degrees: usize) -> f64 {
    let (sin, cos) = angle.sin_cos();
    let odd = degrees % 2 == 1;
    let mut term = if odd { cos } else { 1.0 };
    let mut sum = if degrees == 1 { 0.0 } else { term };
    let mut k = if odd { 3 } else { 2 };
    while k < degrees && term > 1e-18 {
        term *= cos * cos * (k - 1) as f64 / k as f64;
        sum += term;
        k += 2;
    }
    if odd { FRAC_2_PI * (angle + sin * sum) } else { sin * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_t_agrees_with_printed_tables() {
        let table = [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (9, 2.262),
            (10, 2.228),
            (19, 2.093),
            (29, 2.045),
            (30, 2.042),
            (60, 2.000),
            (120, 1.980),
            (99_999, 1.960),
        ];
        for (degrees, t) in table {
            assert!((student_t_95(degrees) - t).abs() < 5.1e-4, "{degrees}");
        }
    }

    #[test]
    fn a_half_width_follows_from_the_spread_and_the_number_of_values() {
        let found = estimate(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((found.mean - 3.0).abs() < 1e-12);
        assert!((found.half_width.unwrap() - 2.776_445 * (2.5_f64 / 5.0).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn equal_values_have_no_width_whatever_their_digits() {
        let found = estimate(&[0.1 + 0.2; 3]).unwrap();
        assert_eq!(found, Estimate { mean: 0.1 + 0.2, half_width: Some(0.0) });
    }

    #[test]
    fn one_value_has_no_interval_and_none_no_mean() {
        assert_eq!(estimate(&[7.0]), Some(Estimate { mean: 7.0, half_width: None }));
        assert_eq!(estimate(&[]), None);
    }
}
