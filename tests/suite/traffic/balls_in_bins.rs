//! How evenly hashing spreads flows of random keys over queues: multinomial, exactly.

use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec};
use rxsim::rx::steering::rss::{HashTypes, Rss, RssSpec, default_table};
use rxsim::rx::steering::toeplitz::KEY_MICROSOFT;

/// Means over many sets of flows.
#[derive(Debug, Default)]
struct Spread {
    /// Flows of the fullest queue over flows per queue.
    imbalance: f64,
    /// Queues with a flow.
    occupied: f64,
    /// Gbps that cores of 3.5 Gbps each carry of 10 Gbps in equal flows.
    carried: f64,
}

fn spread(queues: u32, flows: u32, sets: u32) -> Spread {
    let table = default_table(128, queues);
    let rss =
        Rss::new(&RssSpec { key: KEY_MICROSOFT, types: HashTypes::USUAL, table: table.clone() });
    let spec = SourceSpec {
        name: format!("traffic.bins[{queues}, {flows}]"),
        arrivals: Arrivals::Constant(Gap { ps: 1, packets: 1 }),
        sizes: Sizes::Fixed(64),
        flows: Flows { count: flows * sets, keys: Keys::Random, popularity: Popularity::Uniform },
    };
    let mut keys = spec.flow_keys(1);
    let mut sum = Spread::default();
    for _ in 0..sets {
        let mut load = vec![0_u32; queues as usize];
        for key in keys.by_ref().take(flows as usize) {
            load[table[usize::from(rss.bucket(&key))] as usize] += 1;
        }
        let fullest = load.iter().max().copied().unwrap_or_default();
        sum.imbalance += f64::from(fullest * queues) / f64::from(flows);
        sum.occupied += load.iter().filter(|load| **load > 0).count() as f64;
        let carried = |load: &u32| (f64::from(*load) * 10.0 / f64::from(flows)).min(3.5);
        sum.carried += load.iter().map(carried).sum::<f64>();
    }
    let mean = |sum: f64| sum / f64::from(sets);
    Spread {
        imbalance: mean(sum.imbalance),
        occupied: mean(sum.occupied),
        carried: mean(sum.carried),
    }
}

#[test]
fn random_keys_fall_into_queues_like_balls_into_bins() {
    // Queues, flows; exact E[max] / mean, E[occupied], E[Gbps carried].
    let table = [
        (2, 2, 1.5, 1.5, 5.25),
        (2, 8, 1.273_438, 1.992_188, 6.613_281),
        (4, 2, 2.5, 1.75, 6.125),
        (4, 4, 2.125, 2.734_375, 7.882_812),
        (4, 8, 1.769_043, 3.599_548, 8.949_860),
        (4, 16, 1.534_754, 3.959_910, 9.520_023),
        (8, 4, 3.296_875, 3.310_547, 8.907_227),
        (8, 8, 2.597_233, 5.251_129, 9.739_640),
    ];
    for (queues, flows, imbalance, occupied, carried) in table {
        let found = spread(queues, flows, 20_000);
        // The largest standard error among them is 0.3 %; four of them.
        let near = |found: f64, exact: f64| (found / exact - 1.0).abs() < 0.012;
        let all = near(found.imbalance, imbalance)
            && near(found.occupied, occupied)
            && near(found.carried, carried);
        assert!(all, "{flows} flows on {queues} queues: {found:?}");
    }
}

#[test]
fn many_flows_spread_more_evenly() {
    for (queues, imbalance, occupied, carried) in
        [(4, 1.262_623, 4.0, 9.965_598), (8, 1.529_412, 7.998_445, 9.999_998)]
    {
        let found = spread(queues, 64, 20_000);
        assert!((found.imbalance / imbalance - 1.0).abs() < 0.012, "{queues}: {found:?}");
        assert!((found.occupied - occupied).abs() < 0.005, "{queues}: {found:?}");
        assert!((found.carried - carried).abs() < 0.02, "{queues}: {found:?}");
    }
}

#[test]
fn the_expected_imbalance_is_that_of_independent_trials() {
    // Flows; max / mean on 2, 4, 8, 16 queues (3 000 trials elsewhere, +/- 0.02).
    let table = [
        (8, [1.27, 1.76, 2.58, 4.11]),
        (16, [1.20, 1.53, 2.09, 3.10]),
        (32, [1.14, 1.38, 1.76, 2.41]),
        (64, [1.10, 1.26, 1.53, 1.97]),
        (128, [1.07, 1.18, 1.37, 1.66]),
        (1000, [1.02, 1.07, 1.13, 1.23]),
    ];
    for (flows, row) in table {
        let sets = (80_000 / flows).min(4_000);
        for (queues, expected) in [2, 4, 8, 16].into_iter().zip(row) {
            let found = spread(queues, flows, sets).imbalance;
            assert!((found / expected - 1.0).abs() < 0.025, "{flows} on {queues}: {found}");
        }
    }
}

#[test]
fn a_table_that_queues_do_not_divide_favours_the_first_ones() {
    let table = [
        (3, 1.007_812_5),
        (5, 1.015_625),
        (6, 1.031_25),
        (7, 1.039_062_5),
        (9, 1.054_687_5),
        (12, 1.031_25),
        (14, 1.093_75),
        (15, 1.054_687_5),
        (24, 1.125),
    ];
    for (queues, ratio) in table {
        let mut entries = vec![0_u32; queues];
        for queue in default_table(128, queues as u32) {
            entries[queue as usize] += 1;
        }
        assert!(entries.is_sorted_by(|a, b| a >= b), "{queues} queues");
        let share = f64::from(entries[0]) / 128.0;
        assert!((share * queues as f64 - ratio).abs() < 1e-12, "{queues} queues");
    }
}
