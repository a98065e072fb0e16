//! Random laws: the right ones, and the same bits in every build.

use rand_distr::{Distribution, Exp, LogNormal, Pareto};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use rxsim::engine::chance::Stream;
use rxsim::engine::digest;
use rxsim::engine::sample::{Draw, Sampler};
use rxsim::engine::time::Span;

const MEAN: f64 = 1e9;

fn draws(draw: &Draw, count: usize) -> impl Iterator<Item = u64> {
    let sampler = Sampler::new(draw);
    let mut stream = Stream::new(2012, "test", "law");
    (0..count).map(move |_| sampler.span(stream.word()).0)
}

/// The Kolmogorov-Smirnov distance of two samples: the largest between their distributions.
fn distance(mut ours: Vec<f64>, mut theirs: Vec<f64>) -> f64 {
    ours.sort_by(f64::total_cmp);
    theirs.sort_by(f64::total_cmp);
    let below = |value: f64| theirs.partition_point(|other| *other <= value) as f64;
    let gap = |(i, value): (usize, &f64)| {
        ((i + 1) as f64 / ours.len() as f64 - below(*value) / theirs.len() as f64).abs()
    };
    ours.iter().enumerate().map(gap).fold(0.0, f64::max)
}

fn assert_same_law(draw: &Draw, theirs: impl Distribution<f64>) {
    const COUNT: usize = 50_000;
    let ours = draws(draw, COUNT).map(|ps| ps as f64).collect();
    let rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let found = distance(ours, theirs.sample_iter(rng).take(COUNT).collect());
    // Two samples of one law are farther apart than this once in ten thousand times.
    let bound = 2.226 * (2.0 / COUNT as f64).sqrt();
    assert!(found < bound, "{draw:?}: distance {found}, bound {bound}");
}

#[test]
fn the_exponential_law_is_the_one_of_rand_distr() {
    let ours = Draw::Exponential { mean: Span(MEAN as u64) };
    assert_same_law(&ours, Exp::new(1.0 / MEAN).expect("a positive rate"));
}

#[test]
fn the_lognormal_law_is_the_one_of_rand_distr() {
    for cv in [0.1, 0.5, 2.0] {
        let ours = Draw::Lognormal { mean: Span(MEAN as u64), cv };
        assert_same_law(&ours, LogNormal::from_mean_cv(MEAN, cv).expect("a positive mean"));
    }
}

#[test]
fn the_pareto_law_is_the_one_of_rand_distr() {
    for shape in [1.2, 1.5, 3.0] {
        let ours = Draw::Pareto { mean: Span(MEAN as u64), shape };
        let theirs = Pareto::new(MEAN * (shape - 1.0) / shape, shape).expect("a positive scale");
        assert_same_law(&ours, theirs);
    }
}

#[test]
fn a_wrong_law_would_be_found_out() {
    let ours = draws(&Draw::Exponential { mean: Span(1_020_000_000) }, 100_000);
    let theirs = draws(&Draw::Exponential { mean: Span(1_000_000_000) }, 100_000);
    let found = distance(ours.map(|ps| ps as f64).collect(), theirs.map(|ps| ps as f64).collect());
    assert!(found > 0.006, "{found}");
}

#[test]
fn a_million_draws_of_each_law_have_the_same_bits_in_every_build() {
    let mean = Span(1_234_567);
    let cases = [
        (Draw::Exponential { mean }, 0x81dd_8067_19d8_dc3d_u64),
        (Draw::Lognormal { mean, cv: 0.5 }, 0xfd57_bffb_8a94_5e91),
        (Draw::Uniform { min: Span(17), max: mean }, 0x450c_7852_1cc2_eda3),
        (Draw::Discrete(vec![(Span(3), 9), (mean, 1)]), 0x8eb3_e06f_a16e_963c),
        (Draw::Pareto { mean, shape: 1.5 }, 0x2673_09b7_bbde_6976),
    ];
    let found = cases.each_ref().map(|(draw, _)| digest::sequence(draws(draw, 1_000_000)));
    assert_eq!(found, cases.map(|(_, pinned)| pinned), "found {found:#018x?}");
}
