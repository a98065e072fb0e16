//! What a file with policies, events and traffic that begins and ends means, and what is wrong
//! with one.

use crate::fixtures::scenario_text::{loaded, plan, refused};
use rxsim::engine::time::{Span, Time};
use rxsim::policy::{Kind, PolicySpec, Share};
use rxsim::scenario::text::diagnostic::render;
use rxsim::world::{Action, EventSpec, Maker, NicSpec, World};

/// Six VMs on a port with VMQ; each part can be added to.
fn vmq(host: &str, options: &str, rest: &str) -> String {
    format!(
        r#"duration = "4 s"
[host.alpha]
cores = 8
{host}
[nic.port0]
path = "vmq"
vmq = {{ {options} }}
[vm.web]
count = 6
vmq = true
[traffic.bulk]
to = "vm.web"
rate = "1 Mbps"
{rest}
"#
    )
}

/// A port with RSS; each part can be added to.
fn rss(host: &str, options: &str, traffic: &str) -> String {
    format!(
        r#"duration = "4 s"
warmup = "1 s"
[host.alpha]
cores = 4
{host}
[nic.port0]
path = "rss"
rss = {{ {options} }}
[traffic.bulk]
to = "host.alpha"
rate = "1 Mbps"
{traffic}
"#
    )
}

fn nic(text: &str) -> NicSpec {
    plan(text).world.nics[0].clone()
}

/// The built-in policy of a port.
fn policy(nic: &NicSpec) -> PolicySpec {
    let rebalance = nic.rebalance.as_ref().expect("somebody moves its queues");
    let Maker::BuiltIn(spec) = rebalance.maker else { panic!("files name built-in ones") };
    assert_eq!(spec.interval, rebalance.interval);
    spec
}

#[test]
fn a_policy_by_its_name_has_its_default_numbers() {
    let named = |text: &str| policy(&nic(text));
    let dynamic = named(&vmq("", "rebalance = \"dynamic-vmq\"", ""));
    assert_eq!(dynamic, PolicySpec::of(Kind::DynamicVmq));
    let table = named(&vmq("", "rebalance = { policy = \"dynamic-vmq\" }", ""));
    assert_eq!(table, dynamic);
    let balanced = named(&rss("", "rebalance = \"irqbalance\"", ""));
    assert_eq!(balanced, PolicySpec::of(Kind::Irqbalance));
    assert_eq!(balanced.interval, Span::ms(10_000));
    assert_eq!(named(&rss("", "rebalance = \"rss++\"", "")).kind, Kind::RssPlusPlus);
}

#[test]
fn numbers_of_a_policy_replace_its_defaults() {
    let numbers = "policy = \"dynamic-vmq\", interval = \"50 ms\", expand_above = \"80 %\", \
                   traffic_above = \"12.5 %\", contract_below = \"40 %\"";
    let spec = policy(&nic(&vmq("", &format!("rebalance = {{ {numbers} }}"), "")));
    assert_eq!(spec.interval, Span::ms(50));
    assert_eq!((spec.expand_above, spec.contract_below), (Share::percent(80), Share::percent(40)));
    assert_eq!(spec.traffic_above, Share(125_000));
    let rebalance = "rebalance = { policy = \"rss++\", tolerance = \"0.5 %\" }";
    assert_eq!(policy(&nic(&rss("", rebalance, ""))).tolerance, Share(5_000));
    let rebalance = "rebalance = { policy = \"irqbalance\", power_save = 2 }";
    assert_eq!(policy(&nic(&rss("", rebalance, ""))).power_save, Some(2));
}

#[test]
fn queues_of_dynamic_vmq_start_at_home_and_may_use_all_processors_of_the_port() {
    let options = "base_processor = 2, max_processors = 4";
    let fixed = nic(&vmq("", options, ""));
    assert_eq!(fixed.queues, [2, 3, 4, 5, 2, 3, 4]);
    assert_eq!(fixed.vectors, [vec![0, 4], vec![1, 5], vec![2, 6], vec![3]]);
    assert!(fixed.rebalance.is_none() && fixed.shared_interrupts);
    assert_eq!(fixed.usable, [2, 3, 4, 5]);
    let moved = nic(&vmq("", &format!("{options}, rebalance = \"dynamic-vmq\""), ""));
    assert_eq!((&moved.queues[..], &moved.usable[..]), (&[2; 7][..], &[2, 3, 4, 5][..]));
    assert_eq!(moved.vectors, [[0, 1, 2, 3, 4, 5, 6]]);
    let own = "rebalance = \"dynamic-vmq\", shared_interrupts = false";
    let own = nic(&vmq("", own, ""));
    assert_eq!(own.vectors.len(), 7);
    assert!(!own.shared_interrupts && own.usable.len() == 8);
    let least = nic(&vmq("", "rebalance = \"least-loaded\", max_processors = 3", ""));
    assert_eq!(least.queues, [0, 1, 2, 0, 1, 2, 0]);
}

#[test]
fn processors_without_a_queue_may_be_used_too_and_siblings_never() {
    let options = "queues = 2, rebalance = \"least-loaded\"";
    assert_eq!(nic(&rss("smt = 2", options, "")).usable, [0, 2, 4, 6]);
    let spread = nic(&rss("numa_nodes = 2", "profile = \"numa-static\"", ""));
    assert_eq!(spread.usable, [0, 2, 1, 3], "the home core first");
    let plain = plan(&rss("", "", "").replacen("path = \"rss\"", "core = 3", 1));
    assert_eq!(
        (&plain.world.nics[0].usable[..], &plain.world.nics[0].queues[..]),
        (&[3][..], &[3][..])
    );
}

#[test]
fn a_port_with_fewer_vectors_than_queues_shares_them_and_uses_as_many_cores() {
    let text = vmq("", "rebalance = \"dynamic-vmq\", shared_interrupts = false", "");
    let text = text.replacen("path = \"vmq\"", "path = \"vmq\"\nmodel = \"intel-82599\"", 1);
    let port = |vms: u32| {
        let many = text.replacen("count = 6", &format!("count = {vms}"), 1);
        nic(&many.replacen("cores = 8", "cores = 80", 1))
    };
    let enough = port(62);
    assert_eq!((enough.queues.len(), enough.vectors.len(), enough.usable.len()), (63, 63, 63));
    assert!(!enough.shared_interrupts);
    let short = port(63);
    assert_eq!((short.queues.len(), short.vectors.len(), short.usable.len()), (64, 1, 63));
    assert!(short.shared_interrupts, "64 queues, 63 vectors");
}

#[test]
fn moving_a_queue_costs_what_the_profile_or_the_file_says() {
    let cost = |host: &str| plan(&rss(host, "", "")).world.hosts[0].costs.queue_move;
    assert_eq!(cost(""), Span::ZERO);
    assert_eq!(cost("costs = \"hyperv-2012\""), Span::us(10));
    assert_eq!(cost("costs = \"hyperv-2012\"\ncost = { move = \"3 us\" }"), Span::us(3));
    assert_eq!(cost("clock = \"1 GHz\"\ncost = { move = \"500 cycles\" }"), Span::ns(500));
}

#[test]
fn a_short_window_for_a_policy_is_warned_of() {
    let text = |interval: &str| {
        vmq(
            "",
            &format!("rebalance = {{ policy = \"dynamic-vmq\", interval = \"{interval}\" }}"),
            "",
        )
    };
    assert!(plan(&text("200 ms")).warnings.is_empty());
    let warnings = plan(&text("201 ms")).warnings;
    assert!(warnings[0].contains("19 times in the window of 4 s"), "{warnings:?}");
}

#[test]
fn ports_whose_policies_share_processors_are_warned_of() {
    let text = |second: &str| {
        let other = format!("[nic.port1]\npath = \"rss\"\nrss = {{ queues = 2, {second} }}");
        let text = vmq("", "max_processors = 4, rebalance = \"dynamic-vmq\"", &other);
        text.replacen("count = 6", "count = 6\nnic = \"port0\"", 1)
    };
    let moved = "rebalance = \"rss++\"";
    let warnings = plan(&text(&format!("base_processor = 3, {moved}"))).warnings;
    assert!(warnings[0].contains("nic.port1: it shares processors with nic.port0"), "{warnings:?}");
    assert!(plan(&text(&format!("base_processor = 4, {moved}"))).warnings.is_empty());
    assert!(plan(&text("base_processor = 3")).warnings.is_empty(), "nobody moves its queues");
}

/// The events of a world, in short.
fn events(world: &World) -> Vec<(u64, usize)> {
    let short = |event: &EventSpec| {
        let Action::LoseAffinity { nic } = event.action else { panic!("another event") };
        (event.at.0 / Span::ms(1).0, nic)
    };
    world.events.iter().map(short).collect()
}

const LOST: &str = "[[event]]\nat = \"20 ms\"\naction = \"lose-affinity\"\nnic = \"port0\"";

#[test]
fn events_are_those_of_the_file_in_its_order() {
    let again = LOST.replacen("20 ms", "4999 ms", 1);
    let first = LOST.replacen("20 ms", "0 s", 1);
    let text = rss("", "", &format!("{again}\n{first}\n{LOST}"));
    assert_eq!(events(&plan(&text).world), [(4999, 0), (0, 0), (20, 0)]);
}

#[test]
fn a_design_may_do_without_the_events_of_the_file_or_have_others() {
    let other = "[{ at = \"30 ms\", action = \"lose-affinity\", nic = \"port0\" }]";
    let designs = format!("[design.intact]\nevent = []\n[design.later]\nevent = {other}");
    let file = loaded(&vmq("", "", &format!("{LOST}\n{designs}")), &[]);
    let of = |design| events(&file.plan(design).expect("sound").world);
    assert_eq!((of(None), of(Some("intact"))), (vec![(20, 0)], vec![]));
    assert_eq!(of(Some("later")), [(30, 0)]);
}

#[test]
fn losing_what_is_on_one_core_anyway_is_warned_of() {
    let text = vmq("", "max_processors = 1", LOST);
    assert!(plan(&text).warnings[0].contains("changes nothing"));
}

#[test]
fn numbers_cannot_be_set_while_it_runs() {
    let set = "action = \"set\"\nkey = \"nic.port0.ring\"\nvalue = 9";
    let text = vmq("", "", &format!("[[event]]\nat = \"1 ms\"\n{set}"));
    let refused = render(&loaded(&text, &[]).plan(None).expect_err("not simulated"), false);
    for phrase in ["hold for the whole run", "not simulated yet"] {
        assert!(refused.contains(phrase), "{refused}");
    }
}

#[test]
fn traffic_begins_and_ends_where_the_file_says() {
    let source = |keys: &str| plan(&rss("", "", keys)).world.sources[0].clone();
    let at = |ms| Time::ZERO + Span::ms(ms);
    assert_eq!((source("").from, source("").until), (Time::ZERO, None));
    let span = source("from = \"10 ms\"\nuntil = \"50 ms\"");
    assert_eq!((span.from, span.until), (at(10), Some(at(50))));
    assert_eq!(source("until = \"9 s\"").until, Some(at(9_000)), "beyond the run does no harm");
}

#[test]
fn the_work_of_a_run_counts_the_time_that_traffic_lasts() {
    let offered = |keys: &str| plan(&rss("", "", keys)).offered_estimate;
    let whole = offered("");
    assert!((offered("from = \"4 s\"") - whole / 5.0).abs() < 1e-6);
    assert!((offered("from = \"1 s\"\nuntil = \"2 s\"") - whole / 5.0).abs() < 1e-6);
    assert!((offered("until = \"9 s\"") - whole).abs() < 1e-6);
}

#[test]
fn policies_that_do_not_fit_a_path_are_refused() {
    let of_vmq = |value: &str, phrases: &[&str]| {
        refused(&vmq("", &format!("rebalance = {value}"), ""), phrases);
    };
    of_vmq("\"rss++\"", &["has no table to work on", "VMQ has none", "path = \"rss\""]);
    of_vmq("{ policy = \"rss++\" }", &["has no table to work on"]);
    of_vmq("\"dvmq\"", &["`dvmq` is not one of the values", "\"dynamic-vmq\""]);
    let text = rss("", "rebalance = \"dynamic-vmq\"", "");
    refused(&text, &["is a policy of VMQ", "write \"rss++\""]);
    refused(&rss("", "Rebalance = \"rss++\"", ""), &["`Rebalance` is `rebalance` here"]);
}

#[test]
fn unsound_numbers_of_policies_are_refused() {
    let of_vmq = |numbers: &str, phrases: &[&str]| {
        let policy = format!("rebalance = {{ policy = \"dynamic-vmq\", {numbers} }}");
        refused(&vmq("", &policy, ""), phrases);
    };
    let gap = &["would return at once", "not below `expand_above`", "such as 60 % and 90 %"];
    of_vmq("contract_below = \"90 %\"", gap);
    of_vmq("expand_above = \"50 %\"", gap);
    of_vmq("interval = \"0 s\"", &["`nic.port0.vmq.rebalance.interval`", "above 0"]);
    of_vmq("expand_above = \"101 %\"", &["more than all", "\"0 %\" to \"100 %\""]);
    of_vmq("expand_above = 90", &["write \"90 %\""]);
    of_vmq("tolerance = \"2 %\"", &["`tolerance` is a number of rss++ alone", "remove it"]);
    of_vmq("threshold = \"2 %\"", &["`nic.port0.vmq.rebalance.threshold`"]);
    let of_rss = |policy: &str, phrases: &[&str]| {
        refused(&rss("", &format!("rebalance = {{ {policy} }}"), ""), phrases);
    };
    of_rss("policy = \"irqbalance\", power_save = 0", &["outside of 1 to 1024"]);
    of_rss("policy = \"rss++\", expand_above = \"9 %\"", &["a number of dynamic-vmq alone"]);
    of_rss("policy = \"fixed\", power_save = 1", &["a number of irqbalance alone", "is fixed"]);
}

#[test]
fn queues_move_only_where_a_vector_is_masked_for_its_deferred_work() {
    let costs = "cost = { round = \"50 ns\" }";
    let polling = format!("stack = \"busy-poll\"\n{costs}");
    for (host, reason) in [
        (polling.as_str(), "no interrupt whose processor could change"),
        ("stack = \"interrupt-per-packet\"", "every packet interrupts for itself"),
        ("contention = 0.1", "it would be wrong once they are others"),
    ] {
        refused(
            &rss(host, "rebalance = \"least-loaded\"", ""),
            &["cannot move anything here", reason],
        );
        refused(
            &vmq(host, "rebalance = \"dynamic-vmq\"", ""),
            &["cannot move anything here", reason],
        );
        refused(&rss(host, "", LOST), &["\"lose-affinity\" cannot move queues here", reason]);
        assert!(plan(&rss(host, "rebalance = \"rss++\"", "")).warnings.is_empty(), "entries move");
    }
}

#[test]
fn events_that_cannot_be_are_refused() {
    let event = |lines: &str, phrases: &[&str]| {
        refused(&rss("", "", &format!("[[event]]\n{lines}")), phrases);
    };
    let lost = "action = \"lose-affinity\"";
    event(
        &format!("at = \"5 s\"\n{lost}\nnic = \"port0\""),
        &["the run has ended by 5 s", "are 5 s"],
    );
    event(&format!("at = \"1 ms\"\n{lost}"), &["this event needs `nic`"]);
    event(&format!("at = \"1 ms\"\n{lost}\nnic = \"port1\""), &["no nic \"port1\"", "port0"]);
    event(&format!("{lost}\nnic = \"port0\""), &["`event[0].at` is missing"]);
    event("at = \"1 ms\"\naction = \"loose-affinity\"", &["did you mean \"lose-affinity\"?"]);
    refused(&rss("", "", "[design.a]\nevent = [{ at = \"1 ms\" }]"), &["action", "is missing"]);
    refused(&rss("", "", "[design.a]\nexpect = []"), &["cannot be set by a dotted key"]);
}

#[test]
fn traffic_that_never_is_is_refused() {
    let traffic = |lines: &str, phrases: &[&str]| refused(&rss("", "", lines), phrases);
    traffic("from = \"2 ms\"\nuntil = \"2 ms\"", &["ends before it begins", "it begins at 2 ms"]);
    traffic("from = \"5 s\"", &["never begins", "warm-up and duration are 5 s", "`duration`"]);
    traffic("until = \"0 s\"", &["`traffic.bulk.until`", "above 0"]);
    traffic("from = 10", &["says no unit"]);
    let capture = "duration = \"4 s\"\n[host.alpha]\n[nic.port0]\n[traffic.bulk]\nto = \"host.alpha\"\n\
                   capture = \"a.pcap\"\nfrom = \"1 ms\"";
    refused(capture, &["`from` does not apply to a recording", "cut the recording"]);
}
