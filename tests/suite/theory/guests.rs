//! Virtual machines: the switch's core and the guest's as two queues in a row, many guests on one
//! core as processor sharing, the queues of VMQ as arithmetic.
//!
//! The unit of time is 1 us, as in `queues.rs`.

use crate::fixtures::replicated::{
    agrees, check, delivered_mpps, each, latency, mean_and_error, mean_us, plan_of,
    quantile_agrees, replicate, slow,
};
use rxsim::sim;
use rxsim::vocab::stage::Stage;
use rxsim::world::outcome::Outcome;

/// A switch on core 0 and a guest on core 1, both with waiting rooms without end. A round of one
/// packet that costs nothing but the packet hands each over as it ends.
fn tandem(switch: &str, guest: &str, load: f64, packets: f64) -> String {
    let duration = packets / load;
    format!(
        r#"
        duration = "{duration:.6} us"
        warmup = "5 ms"
        [host.alpha]
        cores = 2
        costs = "zero"
        budget = 1
        [host.alpha.cost]
        vswitch_packet = {switch}
        guest_packet = {guest}
        [nic.port0]
        model = "ideal"
        ring = 1048576
        [vm.web]
        cores = "1"
        channel = 1048576
        [traffic.bulk]
        to = "vm.web"
        rate = "{} kpps"
        frame = "64 B"
        "#,
        1e3 * load
    )
}

fn exponential(mean_us: f64) -> String {
    format!("{{ mean = \"{mean_us} us\", distribution = \"exponential\" }}")
}

/// The mean of some stages together, in microseconds.
fn stages_us(run: &Outcome, stages: &[Stage]) -> f64 {
    let sum = |stage: &Stage| -> u128 {
        run.sources.iter().map(|source| source.stages[*stage as usize]).sum()
    };
    stages.iter().map(sum).sum::<u128>() as f64 / latency(run).count() as f64 / 1e6
}

#[test]
fn a_switch_and_a_guest_are_two_queues_in_a_row() {
    for (first, second, load, packets) in
        [(1.0, 0.8, 0.6, 0.5e6), (0.8, 1.0, 0.6, 0.5e6), (1.0, 2.0, 0.5, 0.3e6)]
    {
        let text = tandem(&exponential(1.0 / first), &exponential(1.0 / second), load, packets);
        let runs = replicate(&text);
        let what = format!("A20 tandem {first}, {second}, load {load}:");
        let (one, two) = (first - load, second - load);
        check(&format!("{what} W"), &runs, mean_us, 1.0 / one + 1.0 / two);
        let switch = |run: &_| stages_us(run, &[Stage::Ring, Stage::Deferred, Stage::Vswitch]);
        check(&format!("{what} W of the switch"), &runs, switch, 1.0 / one);
        let guest = |run: &_| stages_us(run, &[Stage::Channel, Stage::Guest]);
        check(&format!("{what} W of the guest"), &runs, guest, 1.0 / two);
        // Sojourns in the two are independent, so that their sum is hypoexponential.
        for p in [0.5, 0.99] {
            let of = |run: &Outcome| latency(run).quantile_ps(p).expect("packets") / 1e6;
            let found: Vec<f64> = runs.iter().map(of).collect();
            quantile_agrees(&format!("{what} p{}", 100.0 * p), &found, sum_quantile(one, two, p));
        }
    }
}

/// The quantile of the sum of two exponential spans with these (different) rates, by bisection.
fn sum_quantile(a: f64, b: f64, p: f64) -> f64 {
    let above = |t: f64| (a * (-b * t).exp() - b * (-a * t).exp()) / (a - b);
    let (mut low, mut high) = (0.0, 1e3);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if above(middle) > 1.0 - p { low = middle } else { high = middle }
    }
    low
}

/// The squared coefficient of variation of the times between packets that leave the switch: a
/// guest that costs nothing ends each packet as it is handed over.
fn variation_of_departures(switch: &str) -> Vec<f64> {
    each(&tandem(switch, "\"0 s\"", 0.6, 0.3e6), |world| {
        let mut ends = Vec::new();
        let _ = sim::run_traced(world, &mut |record| {
            if record.end.0 > world.warmup.0 {
                ends.push(record.end);
            }
        })
        .expect("its moves can be made");
        ends.sort();
        let gaps = ends.windows(2).map(|pair| pair[1].since(pair[0]).0 as f64 / 1e6);
        let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for gap in gaps {
            count += 1.0;
            sum += gap;
            squares += gap * gap;
        }
        squares * count / (sum * sum) - 1.0
    })
}

#[test]
fn packets_leave_an_exponential_switch_as_they_came_and_a_constant_one_more_evenly() {
    let what = "A20 c^2 between departures,";
    agrees(&format!("{what} exponential switch"), &variation_of_departures(&exponential(1.0)), 1.0);
    // A gap is a service, preceded by an idle time with probability 1 - load: 1 - load^2.
    agrees(&format!("{what} constant switch"), &variation_of_departures("\"1 us\""), 0.64);
}

#[test]
fn behind_a_constant_switch_the_sum_of_two_queues_is_wrong() {
    let runs = replicate(&tandem("\"1 us\"", &exponential(1.25), 0.6, 0.5e6));
    let switch = |run: &_| stages_us(run, &[Stage::Ring, Stage::Deferred, Stage::Vswitch]);
    check("A20 constant switch: W of the switch", &runs, switch, 1.75);
    let guest: Vec<f64> =
        runs.iter().map(|run| stages_us(run, &[Stage::Channel, Stage::Guest])).collect();
    let (mean, error) = mean_and_error(&guest);
    println!("| A20 constant switch: W of the guest, below | 5 | {mean:.6} | {error:.6} |");
    assert!(mean + 10.0 * error < 0.95 * 5.0, "{mean} +- {error} is not below that of M/M/1");
}

/// A load of one half.
const HALF: f64 = 0.5;

/// `vms` guests of one vCPU each that share core 1, and what they cost; `quantum` in us.
fn shared_core(vms: u32, guest: &str, quantum: f64, packets: f64) -> String {
    let duration = packets / HALF;
    let rate = 1e6 * HALF / f64::from(vms);
    format!(
        r#"
        duration = "{duration:.6} us"
        warmup = "1 ms"
        [host.alpha]
        cores = 2
        costs = "zero"
        quantum = "{quantum} us"
        [host.alpha.cost]
        guest_packet = {guest}
        [nic.port0]
        model = "ideal"
        ring = 1048576
        [vm.web]
        count = {vms}
        cores = "1"
        channel = 1048576
        [traffic.bulk]
        to = "vm.web"
        rate = "{rate:.6} pps"
        frame = "64 B"
        "#
    )
}

/// Laws of service of mean 1, and the mean sojourn where each packet is served in one go.
const LAWS: [(&str, &str, f64); 3] = [
    ("constant", "\"1 us\"", 1.5),
    ("exponential", "{ mean = \"1 us\", distribution = \"exponential\" }", 2.0),
    (
        "bimodal",
        "{ distribution = \"bimodal\", values = [{ value = \"0.5 us\", weight = 9 }, \
         { value = \"5.5 us\", weight = 1 }] }",
        2.625,
    ),
];

#[test]
fn guests_that_share_a_core_in_slices_all_wait_alike_whatever_their_packets_cost() {
    // Two packets for one guest are served one after the other, which 500 guests make rare; what
    // is left of that and of the slices is within the errors.
    let (packets, quanta) =
        if slow() { (50e3, &[0.5, 0.1, 0.02, 0.005][..]) } else { (20e3, &[0.5, 0.1, 0.01][..]) };
    for (law, cost, in_one_go) in LAWS {
        let runs = |quantum| replicate(&shared_core(500, cost, quantum, packets));
        let what = |slices: &str| format!("A21 500 guests, {law} cost, {slices}: W");
        check(&what("in one go"), &runs(1e6), mean_us, in_one_go);
        let mut furthest = f64::INFINITY;
        for (at, quantum) in quanta.iter().enumerate() {
            let sojourns: Vec<f64> = runs(*quantum).iter().map(mean_us).collect();
            let (mean, error) = mean_and_error(&sojourns);
            let slices = what(&format!("slices of {quantum} us"));
            if law == "exponential" || at + 1 == quanta.len() {
                agrees(&slices, &sojourns, 1.0 / (1.0 - HALF));
                continue;
            }
            println!("| {slices} | not yet 2 | {mean:.6} | {error:.6} |");
            let off = (mean - 1.0 / (1.0 - HALF)).abs();
            assert!(off < furthest, "{slices}: {off} off, with longer ones {furthest}");
            furthest = off;
        }
    }
}

/// Gbps of full frames that a core carries at 3469.714 ns each.
const CEILING: f64 = 3.5;

/// So many VMs of so many Gbps on a port with so many queues; guests on cores of their own. The
/// window is one of 225 rounds of 64 frames, as many as a core without rest ends in it.
fn queues_for(vms: u32, queues: u32, gbps: f64) -> String {
    format!(
        r#"
        duration = "49963881600 ps"
        warmup = "10 ms"
        [host.alpha]
        cores = {}
        costs = "zero"
        [host.alpha.cost]
        packet = "3469.714 ns"
        [nic.port0]
        path = "vmq"
        vmq = {{ queues = {queues}, max_processors = {queues} }}
        [vm.web]
        count = {vms}
        cores = "{queues}-{}"
        vmq = true
        [traffic.bulk]
        to = "vm.web"
        rate = "{gbps} Gbps"
        "#,
        queues + vms,
        queues + vms - 1,
    )
}

/// Delivered bits of full frames per nanosecond.
fn gbps(run: &Outcome) -> f64 {
    delivered_mpps(run) * 1518.0 * 8.0 / 1e3
}

#[test]
fn queues_go_to_those_who_come_first_and_all_others_share_one_core() {
    for (vms, queues, each) in [
        (16, 9, 0.5), // the eighth gets the last one: 8 x 0.5 + 3.5 of 4
        (16, 1, 0.5),
        (16, 5, 0.5),
        (16, 17, 0.5),
        (32, 17, 0.25),
        (10, 4, 1.0),
        (8, 5, 2.0),
        (4, 3, 5.0), // a queue of one's own is one core's, too
        (6, 4, 0.4), // nothing is lost
    ] {
        let owned = vms.min(queues - 1);
        let others = f64::from(vms - owned) * each;
        let exact = f64::from(owned) * CEILING.min(each) + CEILING.min(others);
        let text = queues_for(vms, queues, each);
        let owners = plan_of(&text, None).world.vnics;
        let has_one = |at: usize| !owners[at].rx_path.own().is_empty();
        assert!(
            (0..vms as usize).all(|at| has_one(at) == (at < owned as usize)),
            "{vms}, {queues}"
        );
        let runs = replicate(&text);
        let what = format!("A23 {vms} VMs of {each} Gbps, {queues} queues: Gbps");
        check(&what, &runs, gbps, exact);
    }
}
