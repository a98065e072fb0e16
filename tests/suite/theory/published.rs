//! Published measurements: calibrated at the stated points, predicted at the others.
//!
//! The tolerances are those within which a model that shares nothing between cores can be right;
//! figures that locks or caches make are out of its reach and not asked for.

use crate::fixtures::replicated::{OneCore, delivered_mpps, idle, loss, outcome, within};
use rxsim::world::outcome::Outcome;

/// Mpps on 1 to 6 cores: Høiland-Jørgensen et al., "The eXpress Data Path", CoNEXT 2018,
/// bench01_baseline.org (Linux 4.18, Xeon E5-1650 v4, 64-byte UDP frames, overload).
const BENCH01: [(&str, [f64; 6]); 4] = [
    ("raw drop", [5.051_787, 10.226_514, 15.104_793, 20.075_858, 24.995_919, 29.443_869]),
    ("filter drop", [3.319_718, 6.707_809, 9.944_065, 13.235_307, 16.442_723, 19.518_401]),
    ("routing", [1.739_672, 3.370_584, 4.976_559, 6.488_625, 7.848_970, 9.285_971]),
    ("IPVS", [1.237_293, 2.444_876, 3.651_533, 4.818_678, 5.997_658, 7.274_468]),
];

/// Mpps of so many cores, calibrated to `single` Mpps of one.
fn scaled(cores: u32, single: f64, contention: f64) -> f64 {
    let cost = 1e6 / single;
    let offered = 1.6 * single * f64::from(cores);
    let text = format!(
        r#"
        duration = "10 ms"
        warmup = "2 ms"
        [host.alpha]
        cores = {cores}
        contention = {contention:.9}
        stack = "linux-napi"
        [host.alpha.cost]
        packet = "{cost:.0} ps"
        [nic.port0]
        path = "rss"
        ring = 1024
        [traffic.flood]
        to = "host.alpha"
        rate = "{offered:.6} Mpps"
        frame = "64 B"
        flows = 128
        keys = "sequential-ports"
        "#
    );
    delivered_mpps(&outcome(&text))
}

#[test]
fn drop_routing_and_balancing_scale_over_six_cores_as_measured() {
    for (what, measured) in BENCH01 {
        let tolerance = if what == "routing" { 0.13 } else { 0.04 };
        for cores in 1..=6 {
            let published = measured[cores as usize - 1];
            let found = scaled(cores, measured[0], 0.0);
            let what = format!("P01 {what}, {cores} cores, Mpps");
            within(&what, found, published, tolerance * published);
            within(&format!("{what}, ideal"), found, measured[0] * f64::from(cores), 0.01 * found);
        }
    }
}

#[test]
fn a_contention_factor_from_six_cores_predicts_routing_on_two_to_five() {
    let (_, measured) = BENCH01[2];
    let sigma = (6.0 * measured[0] / measured[5] - 1.0) / 5.0;
    for cores in 2..=6 {
        let published = measured[cores as usize - 1];
        let what = format!("P01 routing with contention {sigma:.4}, {cores} cores, Mpps");
        within(&what, scaled(cores, measured[0], sigma), published, 0.04 * published);
    }
}

/// Mpps and idle share of one core: mpstat in bench01_baseline.org, netfilter raw drop.
const IDLE: [(f64, f64); 5] =
    [(0.25, 0.790), (0.5, 0.698), (1.0, 0.574), (2.0, 0.404), (3.0, 0.292)];

/// Per packet (us): 5.05 Mpps at saturation.
const SERVICE: f64 = 1.0 / 5.05;

/// The handler and the timer (us) with which two points of `IDLE` are met exactly:
/// idle (1 + load (timer + handler)) = (1 - rho)(1 + load timer).
fn handler_and_timer([one, two]: [(f64, f64); 2]) -> (f64, f64) {
    let excess = |(load, idle): (f64, f64)| (1.0 - load * SERVICE) / idle - 1.0;
    let (a, b) = (excess(one), excess(two));
    let timer = (b / two.0 - a / one.0) / (a - b);
    (a * (1.0 / one.0 + timer), timer)
}

fn drop_at(load: f64, handler: f64, timer: f64) -> Outcome {
    outcome(
        &OneCore {
            host: "stack = \"linux-napi\"",
            cost: &format!("interrupt = \"{handler:.6} us\"\npacket = \"{SERVICE:.6} us\""),
            nic: &format!(
                "ring = 1024\nmoderation = {{ policy = \"timer\", interval = \"{timer:.6} us\" }}"
            ),
            kpps: 1e3 * load,
            packets: 1e6,
            ..OneCore::PLAIN
        }
        .text(),
    )
}

#[test]
fn two_measured_idle_shares_predict_the_others() {
    let (handler, timer) = handler_and_timer([IDLE[0], IDLE[2]]);
    within("P02 handler, us", handler, 1.248, 0.005);
    within("P02 timer, us", timer, 2.141, 0.005);
    for (load, published) in IDLE {
        let run = drop_at(load, handler, timer);
        within(&format!("P02 idle at {load} Mpps"), idle(&run), published, 0.03);
    }
    assert!(1.0 - idle(&drop_at(0.25, handler, timer)) > 3.0 * 0.25 * SERVICE);
    within("P02 idle at 5.1 Mpps", idle(&drop_at(5.1, handler, timer)), 0.0, 0.001);
}

#[test]
fn moderation_does_not_matter_to_a_core_that_is_overloaded() {
    for stack in ["windows-dpc", "linux-napi"] {
        for policy in ["throttle", "timer", "periodic"] {
            let throughput = |interval: u32| {
                let nic = format!(
                    "ring = 512\nmoderation = {{ policy = \"{policy}\", interval = \"{interval} us\" }}"
                );
                let text = OneCore {
                    host: &format!("stack = \"{stack}\""),
                    cost: "interrupt = \"2 us\"\nround = \"500 ns\"\npacket = \"1 us\"",
                    nic: &nic,
                    kpps: 1_500.0,
                    packets: 0.3e6,
                    ..OneCore::PLAIN
                }
                .text();
                delivered_mpps(&outcome(&text))
            };
            let base = throughput(5);
            for interval in [10, 50, 100, 200] {
                let what = format!("P09 {stack}, {policy}, {interval} us, Mpps");
                within(&what, throughput(interval), base, 0.01 * base);
            }
        }
    }
}

#[test]
fn one_core_takes_3_to_4_gbps_of_a_10_gbps_port() {
    // Gbps of frames as the posts and books of 2012 to 2016 report; the cost that says the same.
    for (gbps, cost) in [(3.5, "3.470 us"), (3.0, "4.048 us"), (4.0, "3.036 us")] {
        let text = format!(
            r#"
            duration = "200 ms"
            warmup = "20 ms"
            [host.alpha]
            [host.alpha.cost]
            packet = "{cost}"
            [nic.port0]
            link = "10 Gbps"
            [traffic.bulk]
            to = "host.alpha"
            rate = "line"
            "#
        );
        let run = outcome(&text);
        let found = delivered_mpps(&run) * 1518.0 * 8.0 / 1e3;
        within(&format!("P13 {cost} per frame, Gbps"), found, gbps, 0.005 * gbps);
        let lost = 1.0 - gbps / 9.869_961;
        within(&format!("P13 {cost} per frame, loss"), loss(&run), lost, 0.005);
    }
}

/// Gbps and busy cores of so many VMs with a virtual function each, 9.48 Gbps in all: as in
/// `sixty-vms`.
fn virtual_machines(vms: u32) -> (f64, f64) {
    let text = format!(
        r#"
        duration = "100 ms"
        warmup = "20 ms"
        [host.alpha]
        cores = {vms}
        costs = "hyperv-2012"
        [nic.port0]
        model = "intel-82599"
        path = "sriov"
        moderation = {{ policy = "throttle", interval = "282.624 us" }}
        [vm.web]
        count = {vms}
        vf = true
        [traffic.bulk]
        to = "vm.web"
        rate = "{:.6} Mbps"
        "#,
        9_480.0 / f64::from(vms)
    );
    let outcome = outcome(&text);
    let seconds = outcome.window.as_s();
    let bytes: u64 = outcome.sources.iter().map(|source| source.delivered.bytes).sum();
    let guests: u64 = outcome.hosts[0].cores.iter().map(|core| core.busy.guest.0).sum();
    (bytes as f64 * 8e-9 / seconds, guests as f64 * 1e-12 / seconds)
}

/// "High performance network virtualization with SR-IOV" (HPCA 2010), abstract: 9.48 Gbps for up to
/// 60 VMs, and 1.76 % of CPU for each, read here as of one core. The slope is calibrated by
/// moderation; that throughput is flat and CPU a straight line is not.
#[test]
fn virtual_functions_carry_the_line_for_sixty_vms_at_a_fixed_share_of_cpu_each() {
    let counts = [1, 10, 20, 30, 40, 50, 60];
    let found: Vec<(f64, f64)> = counts.iter().map(|vms| virtual_machines(*vms)).collect();
    // One VM alone is full: 8.80 Gbps.
    within("P15 one VM, Gbps", found[0].0, 8.80, 0.01 * 8.80);
    let points = || counts.iter().map(|vms| f64::from(*vms)).zip(&found).skip(1);
    for (vms, (gbps, _)) in points() {
        within(&format!("P15 {vms} VMs, Gbps"), *gbps, 9.48, 0.01 * 9.48);
    }
    let n = points().count() as f64;
    let sum = |of: fn(f64, f64) -> f64| points().map(|(x, (_, y))| of(x, *y)).sum::<f64>() / n;
    let (x, y) = (sum(|x, _| x), sum(|_, y| y));
    let (xx, xy, yy) =
        (sum(|x, _| x * x) - x * x, sum(|x, y| x * y) - x * y, sum(|_, y| y * y) - y * y);
    let (slope, r2) = (xy / xx, xy * xy / (xx * yy));
    within("P15 cores per VM", slope, 0.0176, 0.02 * 0.0176);
    assert!(r2 > 0.99, "P15 is no straight line: R2 = {r2}");
}
