//! How evenly a port spreads its load over queues, packet by packet, and what that costs.

use crate::fixtures::replicated::{agrees, delivered_mpps, each, loss, outcome, within};
use rxsim::sim;
use rxsim::world::outcome::Outcome;

/// `queues` cores, each good for 3.5 Gbps of full frames, behind one port.
fn port(queues: u32, flows: u32, keys: &str, rate: &str, rest: &str) -> String {
    format!(
        r#"
        {rest}
        [host.alpha]
        cores = {queues}
        [host.alpha.cost]
        packet = "3469.714 ns"
        [nic.port0]
        path = "rss"
        rss = {{ queues = {queues} }}
        [traffic.bulk]
        to = "host.alpha"
        rate = "{rate}"
        flows = {flows}
        keys = "{keys}"
        "#
    )
}

/// Delivered bits of frames per nanosecond.
fn gbps(run: &Outcome) -> f64 {
    delivered_mpps(run) * 1518.0 * 8.0 / 1e3
}

#[test]
fn equal_flows_of_random_keys_get_through_as_the_multinomial_says() {
    // Queues, flows, sets of flows; Gbps delivered of 10 offered: sum over queues of
    // E min(3.5, flows on it x 10 / flows).
    for (queues, flows, sets, exact) in [
        (2, 8, 400, 6.613_281),
        (4, 4, 600, 7.882_812),
        (4, 8, 400, 8.949_860),
        (4, 16, 200, 9.520_023),
        (8, 8, 200, 9.739_640),
    ] {
        let rest = format!(
            "duration = \"40 ms\"\nwarmup = \"10 ms\"\nreplications = {sets}\nseed = {}",
            100 * queues + flows
        );
        let text = port(queues, flows, "random", "10 Gbps", &rest);
        let delivered = each(&text, |world| gbps(&sim::run(world, &mut |_| ()).unwrap()));
        agrees(&format!("A15 {queues} queues, {flows} flows: Gbps"), &delivered, exact);
    }
}

#[test]
fn a_table_that_queues_do_not_divide_loads_the_first_ones_more() {
    for queues in [3, 5, 6, 7, 9, 12, 14, 15, 24_u32] {
        // Ports in sequence meet each of the 128 entries once.
        let largest = f64::from(128_u32.div_ceil(queues)) / 128.0;
        let lossless = 3.5 / largest;
        let run = |share: f64| {
            let rate = format!("{:.6} Gbps", share * lossless);
            let rest = "duration = \"100 ms\"\nwarmup = \"20 ms\"";
            outcome(&port(queues, 128, "sequential-ports", &rate, rest))
        };
        let carried = run(0.95);
        let all: u64 = carried.nics[0].queues.iter().map(|queue| queue.packets).sum();
        let more = (128 % queues) as usize; // queues of the largest share come first
        let most: u64 = carried.nics[0].queues[..more].iter().map(|queue| queue.packets).sum();
        let share = most as f64 / more as f64 / all as f64 * f64::from(queues);
        let what = format!("A16 {queues} queues: largest share over ideal");
        within(&what, share, largest * f64::from(queues), 0.01);
        assert!(loss(&carried) == 0.0, "{queues} queues lose at 95 %");
        let over = run(1.10);
        assert!(loss(&over) > 0.0, "{queues} queues carry 110 %");
        assert!(over.nics[0].queues[..more].iter().all(|queue| queue.dropped > 0));
    }
}
