//! Closed loops in a file: what the words mean, and what is wrong with them.

use crate::fixtures::replicated::{delivered_mpps, loss, outcome};
use crate::fixtures::scenario_text::{Sound, loaded, plan, refused};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::world::{ClosedLoop, Window};

const REQUESTS: Sound = Sound(
    r#"duration = "10 ms"
[host.alpha]
cores = 4
[nic.port0]
[traffic.web]
to = "host.alpha"
arrivals = "request-response"
flows = 30
think = { mean = "1 ms", distribution = "exponential" }
feedback = "40 us"
"#,
);

const WINDOWED: Sound = Sound(
    r#"duration = "10 ms"
[host.alpha]
cores = 4
[nic.port0]
[traffic.bulk]
to = "host.alpha"
arrivals = "windowed"
window = 64
feedback = "100 us"
timeout = "2 ms"
"#,
);

/// The closed loop of the first source, and its connections.
fn first(text: &str) -> (ClosedLoop, u32) {
    let world = plan(text).world;
    let source = &world.sources[0];
    (source.closed.clone().expect("it is one"), source.source.flows.count)
}

#[test]
fn clients_have_one_request_under_way_think_and_wait_200_ms_at_most() {
    let (closed, clients) = first(REQUESTS.0);
    assert_eq!((closed.window, clients), (Window::Fixed(1), 30));
    assert_eq!(closed.think, Draw::Exponential { mean: Span::ms(1) });
    assert_eq!((closed.feedback, closed.timeout), (Span::us(40), Span::ms(200)));
    let constant = REQUESTS
        .0
        .replace("think = { mean = \"1 ms\", distribution = \"exponential\" }", "think = \"7 us\"");
    assert_eq!(first(&constant).0.think, Draw::Constant(Span::us(7)));
}

#[test]
fn a_window_is_a_number_or_grows_from_10_packets() {
    let (closed, connections) = first(WINDOWED.0);
    assert_eq!((closed.window, connections), (Window::Fixed(64), 1));
    assert_eq!((closed.think, closed.timeout), (Draw::ZERO, Span::ms(2)));
    let table = WINDOWED.0.replace("window = 64", "window = { most = 256 }");
    assert_eq!(first(&table).0.window, Window::Aimd { initial: 10, most: 256 });
    let sets = [("traffic.bulk.window.initial", "2")];
    let world = loaded(&table, &sets).plan(None).expect("sound").world;
    let window = world.sources[0].closed.as_ref().map(|closed| closed.window);
    assert_eq!(window, Some(Window::Aimd { initial: 2, most: 256 }));
}

#[test]
fn a_window_without_end_offers_no_more_than_the_link_takes() {
    let wide =
        WINDOWED.0.replace("window = 64", "window = 65536").replace("\"100 us\"", "\"1 us\"");
    let linked = wide.replace("[nic.port0]", "[nic.port0]\nlink = \"10 Gbps\"");
    let (free, bound) = (plan(&wide).offered_estimate, plan(&linked).offered_estimate);
    // 65536 per us; 1538 bytes per frame on the wire.
    assert!((free - 655.36e6).abs() < 1.0 && (bound - 8_127.4).abs() < 0.1, "{free}, {bound}");
}

#[test]
fn each_instance_of_a_group_has_connections_of_its_own() {
    let vms = REQUESTS.0.replace("\"host.alpha\"", "\"vm.web\"") + "[vm.web]\ncount = 2\n";
    let sources = plan(&vms).world.sources;
    assert_eq!(sources.len(), 2);
    assert!(sources.iter().all(|source| source.closed.is_some()));
}

#[test]
fn an_open_design_of_a_closed_loop_is_warned_of_once() {
    let open = WINDOWED.0.replace("\"windowed\"", "\"constant\"\nrate = \"1 Gbps\"");
    let plan = plan(&open);
    assert!(plan.world.sources[0].closed.is_none());
    let [warning] = &plan.warnings[..] else { panic!("{:?}", plan.warnings) };
    assert!(warning.contains("`window`, `feedback`, `timeout` are ignored"), "{warning}");
}

#[test]
fn transactions_per_second_are_clients_over_their_round_trip() {
    // 8 clients, 40 us of thinking, 40 us back, 20 us of work: on four cores nobody waits long, but
    // the hash decides; on one, 8 x 20 us are more than the 100 us of a round trip.
    let one = REQUESTS
        .0
        .replace("cores = 4", "cores = 1\ncost = { packet = \"20 us\" }")
        .replace("flows = 30", "flows = 8")
        .replace("think = { mean = \"1 ms\", distribution = \"exponential\" }", "think = \"40 us\"")
        .replace("[host", "warmup = \"1 ms\"\n[host");
    assert_eq!(outcome(&one).sources[0].delivered.packets, 500);
    let three = one.replace("flows = 8", "flows = 3");
    assert_eq!(outcome(&three).sources[0].delivered.packets, 300);
}

#[test]
fn after_an_overload_windows_settle_at_the_ceiling_with_little_loss() {
    let text = r#"
        duration = "400 ms"
        warmup = "100 ms"
        [host.alpha]
        cores = 1
        cost = { packet = "1 us" }
        [nic.port0]
        ring = 64
        [traffic.bulk]
        to = "host.alpha"
        arrivals = "windowed"
        flows = 4
        window = { most = 256 }
        feedback = "50 us"
        timeout = "500 us"
        [traffic.flood]
        to = "host.alpha"
        rate = "3 Mpps"
        frame = "64 B"
        until = "50 ms"
    "#;
    let run = outcome(text);
    // Half of the windows fill the way back: the core is never idle.
    let delivered = delivered_mpps(&run);
    assert!((0.99..=1.001).contains(&delivered), "{delivered} packets per us");
    // A window that rises from W / 2 to W takes 3 / 8 W^2 packets, and then loses one in each round
    // trip, of 50 us at least, until the first of them is known to be lost.
    let window = (64.0 + 50.0) / 4.0;
    let most = (500.0 / 50.0 + 1.0) / (3.0 / 8.0 * window * window);
    let lost = loss(&run);
    assert!(lost > 0.0 && lost < most, "{lost} lost, {most} at most");
    // What was lost in the last 500 us is not known yet, that of 500 us before the window is.
    let dropped: u64 = run.sources[0].dropped.iter().sum();
    assert!(run.sources[0].resent.abs_diff(dropped) < 50, "{} of {dropped}", run.sources[0].resent);
}

#[test]
fn what_a_closed_loop_needs_is_asked_for() {
    WINDOWED.change("window = 64\n", "", &["arrivals = \"windowed\" needs `window`", "most = 256"]);
    WINDOWED.change("feedback = \"100 us\"\n", "", &["needs `feedback`", "feedback = \"50 us\""]);
    WINDOWED.change("timeout = \"2 ms\"\n", "", &["needs `timeout`", "timeout = \"1 ms\""]);
    REQUESTS.change("feedback = \"40 us\"\n", "", &["\"request-response\" needs `feedback`"]);
    WINDOWED.change("duration = \"10 ms\"\n", "", &["`duration` is missing"]);
    let all = WINDOWED.0.replace("window = 64\nfeedback = \"100 us\"\n", "rate = \"1 Gbps\"\n");
    refused(&all, &["needs `window`", "needs `feedback`", "`rate` does not apply"]);
}

#[test]
fn what_does_not_fit_a_closed_loop_is_refused_with_a_reason() {
    let rate = "flows = 30\nrate = \"1 Gbps\"";
    REQUESTS.change("flows = 30", rate, &["`rate` does not apply", "what it reaches is a result"]);
    let busy = "flows = 30\npopularity = { zipf = 1.1 }";
    REQUESTS.change("flows = 30", busy, &["`popularity` does not apply", "each of its flows"]);
    REQUESTS.change("flows = 30", "window = 4", &["one request under way", "raise `flows`"]);
    WINDOWED.change("window = 64", "window = 64\nthink = \"1 ms\"", &["does not think"]);
    REQUESTS.change(
        "think = { mean = \"1 ms\", distribution = \"exponential\" }",
        "think = \"900 cycles\"",
        &["thinks in time, not in cycles", "think = \"1 ms\""],
    );
    REQUESTS.change("mean = \"1 ms\"", "mean = \"1 cycles\"", &["thinks in time, not in cycles"]);
    let nothing = "arrivals = \"windowed\"\n";
    WINDOWED.change(
        nothing,
        "",
        &["`window` belongs to a closed loop", "add arrivals = \"windowed\""],
    );
}

#[test]
fn bounds_of_closed_loops_are_checked() {
    WINDOWED.change("\"100 us\"", "\"900 ns\"", &["a way back of 900 ns is too short", "\"1 us\""]);
    WINDOWED.change("\"100 us\"", "\"0 us\"", &["`traffic.bulk.feedback`", "above 0"]);
    WINDOWED.change(
        "\"2 ms\"",
        "\"100 us\"",
        &["every packet would be taken for lost", "a few times"],
    );
    REQUESTS.change("\"40 us\"", "\"300 ms\"", &["every packet would be taken for lost", "200 ms"]);
    WINDOWED.change("window = 64", "window = 0", &["outside of 1 to 65536"]);
    WINDOWED.change("window = 64", "window = \"64\"", &["a whole number is due"]);
    WINDOWED.change(
        "window = 64",
        "window = { initial = 4 }",
        &["`traffic.bulk.window.most` is missing"],
    );
    WINDOWED.change(
        "window = 64",
        "window = { inital = 4, most = 8 }",
        &["did you mean `initial`?"],
    );
    let wide = "window = { initial = 20, most = 8 }";
    WINDOWED.change("window = 64", wide, &["begins with 20 packets", "8 at most", "initial = 8"]);
    let many = "window = 65536\nflows = 100";
    WINDOWED.change("window = 64", many, &["6553600 packets may be under way", "4194304"]);
    REQUESTS.change("\"exponential\"", "\"uniform\"", &["distribution \"uniform\" needs `min`"]);
}
