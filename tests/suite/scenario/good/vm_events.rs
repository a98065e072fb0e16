//! What events of virtual machines, functions and links mean: which queue and function each VM
//! has after an event, where packets come, and what results call it.

use crate::fixtures::scenario_text::plan;
use rxsim::engine::time::{Span, Time};
use rxsim::measure::tree::Tree;
use rxsim::scenario::Plan;
use rxsim::study::metrics::shape;
use rxsim::world::{Action, EventSpec, RxPath, TrafficSpec, World};

/// Four VMs on a host with SR-IOV or queues, and a second host with one port, with lines for the
/// first port, the VMs, the second port, and further tables.
fn text(nic: &str, vm: &str, other: &str, rest: &str) -> String {
    format!(
        r#"duration = "300 ms"
[host.alpha]
cores = 8
[host.beta]
cores = 8
[nic.port0]
host = "alpha"
{nic}
[nic.port1]
host = "beta"
{other}
[vm.web]
count = 4
nic = "port0"
cores = "4-7"
{vm}
[traffic.bulk]
to = "vm.web"
rate = "100 Mbps"
{rest}
"#
    )
}

/// An event at so many milliseconds.
fn event(at: u64, action: &str, keys: &str) -> String {
    format!("[[event]]\nat = \"{at} ms\"\naction = \"{action}\"\n{keys}\n")
}

/// The events of a world in short, in the order of time: milliseconds, and what.
fn schedule(world: &World) -> Vec<(u64, String)> {
    let mut events: Vec<&EventSpec> = world.events.iter().collect();
    events.sort_by_key(|event| event.at);
    let path = |path: &RxPath| match path {
        RxPath::DefaultQueue => "common".to_owned(),
        RxPath::VmQueues(queues) => format!("queue {:?}", queues.targets),
        RxPath::VirtualFunction => "function".to_owned(),
        RxPath::Drop(why) => why.name().to_owned(),
    };
    let short = |action: &Action| match action {
        Action::LoseAffinity { nic } => format!("nic {nic} loses affinity"),
        Action::SetRoute { vnic, rx_path: to } => format!("vnic {vnic}: {}", path(to)),
        Action::Stop { vm, reason } => format!("vm {vm} stops: {}", reason.name()),
        Action::Start { vm } => format!("vm {vm} starts"),
        Action::Link { nic, up } => format!("nic {nic} {}", if *up { "up" } else { "down" }),
    };
    events.iter().map(|event| (event.at.0 / Span::ms(1).0, short(&event.action))).collect()
}

fn expect(plan: &Plan, expected: &[(u64, &str)]) {
    let found = schedule(&plan.world);
    let found: Vec<(u64, &str)> = found.iter().map(|(at, what)| (*at, what.as_str())).collect();
    assert_eq!(found, expected);
}

fn word(plan: &Plan, path: &str) -> String {
    match shape(&plan.world).get(path) {
        Some(Tree::Word(word)) => word.clone(),
        other => panic!("{path}: {other:?}"),
    }
}

/// The paths of the VMs at the end.
fn paths(plan: &Plan) -> Vec<(String, String)> {
    let of = |vm, key| word(plan, &format!("vm.web[{vm}].{key}"));
    (0..4).map(|vm| (of(vm, "path"), of(vm, "path_reason"))).collect()
}

fn path(path: &str, reason: &str) -> (String, String) {
    (path.to_owned(), reason.to_owned())
}

fn at(ms: u64) -> Time {
    Time::ZERO + Span::ms(ms)
}

const SRIOV: &str = "path = \"sriov\"";
const VMQ: &str = "path = \"vmq\"\nvmq = { queues = 3 }";
const STAGES: &str = "precopy = \"50 ms\"\nblackout = \"20 ms\"\nrelearn = \"5 ms\"";

#[test]
fn who_starts_takes_what_who_stopped_has_left_and_nobody_else_does() {
    let events = event(10, "stop-vm", "vm = \"web[0]\"")
        + &event(20, "start-vm", "vm = \"web[3]\"")
        + &event(30, "start-vm", "vm = \"web[0]\"");
    let rest = format!("[vm.late]\nnic = \"port0\"\nvmq = true\nrunning = false\n{events}");
    let rest = rest.replace("web[3]", "late");
    let plan = plan(&text(VMQ, "vmq = true", "", &rest));
    let queues: Vec<&[u32]> = plan.world.vnics.iter().map(|vnic| vnic.rx_path.own()).collect();
    assert_eq!(queues, [&[1][..], &[2], &[], &[], &[]]);
    assert!(!plan.world.vms[4].running);
    expect(
        &plan,
        &[
            (10, "vm 0 stops: no_filter"),
            (10, "vnic 0: no_filter"),
            (20, "vm 4 starts"),
            (20, "vnic 4: queue [1]"),
            (30, "vm 0 starts"),
            (30, "vnic 0: common"),
        ],
    );
    assert_eq!(word(&plan, "vm.late[0].path"), "vmq");
    assert_eq!(word(&plan, "nic.port0.queue[1].vm"), "vm.late[0]");
    assert_eq!(paths(&plan)[0], path("default-queue", "no-free-queue"));
    assert_eq!(paths(&plan)[2], path("default-queue", "no-free-queue"));
}

#[test]
fn events_of_one_instant_come_in_the_order_of_the_file() {
    let events = event(10, "start-vm", "vm = \"late\"") + &event(10, "stop-vm", "vm = \"web[1]\"");
    let rest = format!("[vm.late]\nnic = \"port0\"\nvmq = true\nrunning = false\n{events}");
    let file = text(VMQ, "vmq = true", "", &rest);
    assert_eq!(word(&plan(&file), "vm.late[0].path_reason"), "no-free-queue");
    let turned =
        file.replace("start-vm", "X").replace("stop-vm", "start-vm").replace('X', "stop-vm");
    let turned = turned.replace("vm = \"late\"", "Y").replace("vm = \"web[1]\"", "vm = \"late\"");
    assert_eq!(word(&plan(&turned.replace('Y', "vm = \"web[1]\"")), "vm.late[0].path"), "vmq");
}

#[test]
fn a_group_starts_and_stops_as_a_whole() {
    let events = event(10, "stop-vm", "vm = \"web[1]\"") + &event(20, "stop-vm", "vm = \"web.*\"");
    let plan = plan(&text(VMQ, "", "", &events));
    let stops =
        schedule(&plan.world).into_iter().filter(|(_, what)| what.contains("stops")).count();
    assert_eq!(stops, 4);
    assert_eq!(paths(&plan), vec![path("none", "not-running"); 4]);
}

#[test]
fn a_function_is_left_before_it_is_freed_and_attached_before_it_is_used() {
    let events =
        event(10, "detach-vf", "vm = \"web[0]\"\nfilter_move = \"2 ms\"\nvf_detach = \"3 ms\"")
            + &event(14, "attach-vf", "vm = \"web[3]\"")
            + &event(16, "attach-vf", "vm = \"web[2]\"\nvf_attach = \"4 ms\"");
    let nic = "path = \"sriov\"\nsriov = { vfs = 2 }";
    let plan = plan(&text(nic, "vf = true", "", &events));
    expect(&plan, &[(12, "vnic 0: common"), (20, "vnic 2: function")]);
    assert!(plan.world.vnics[2].vf.is_some() && plan.world.vnics[3].vf.is_none());
    let late = path("default-queue", "no-free-vf");
    let expected =
        [path("default-queue", "vf-detached"), path("vf", "none"), path("vf", "none"), late];
    assert_eq!(paths(&plan), expected);
    let vain = "event[1]: vm.web[3] is given no virtual function: its `path_reason` says why";
    assert!(plan.warnings.iter().any(|warning| warning == vain), "{:?}", plan.warnings);
}

#[test]
fn without_its_function_a_vm_takes_the_queue_that_it_wants_until_it_has_one_again() {
    let events = event(10, "detach-vf", "vm = \"web[1]\"")
        + &event(20, "detach-vf", "vm = \"web[0]\"")
        + &event(40, "attach-vf", "vm = \"web[1]\"");
    let plan = plan(&text(SRIOV, "vf = true\nvmq = true", "", &events));
    assert_eq!(plan.world.nics[0].queues.len(), 3, "as many as may be wanted");
    expect(
        &plan,
        &[(11, "vnic 1: queue [1]"), (21, "vnic 0: queue [2]"), (50, "vnic 1: function")],
    );
    assert_eq!(paths(&plan)[0], path("vmq", "vf-detached"));
    assert_eq!(word(&plan, "nic.port0.queue[2].vm"), "vm.web[0]");
    assert_eq!(shape(&plan.world).get("nic.port0.queue[1].vm"), Some(&Tree::Null));
}

#[test]
fn one_of_several_functions_of_a_vm_can_be_taken() {
    let storage = "[vnic.storage]\nvm = \"web\"\nnic = \"port0\"\nvf = true\n";
    let events = event(10, "detach-vf", "vm = \"web[2]\"\nvnic = \"storage\"");
    let plan = plan(&text(SRIOV, "vf = true", "", &format!("{storage}{events}")));
    expect(&plan, &[(11, "vnic 6: common")]);
    assert_eq!(word(&plan, "vnic.storage[2].path"), "default-queue");
    assert_eq!(word(&plan, "vm.web[2].path"), "vf");
}

#[test]
fn who_starts_is_on_the_synthetic_path_until_its_function_is_attached() {
    let events = event(10, "stop-vm", "vm = \"web[0]\"")
        + &event(20, "start-vm", "vm = \"web[0]\"\nvf_attach = \"7 ms\"")
        + &event(40, "stop-vm", "vm = \"web[0]\"")
        + &event(50, "start-vm", "vm = \"web[0]\"\nvf_attach = \"0 s\"");
    let plan = plan(&text("path = \"sriov\"\nsriov = { vfs = 1 }", "vf = true", "", &events));
    expect(
        &plan,
        &[
            (10, "vm 0 stops: no_filter"),
            (10, "vnic 0: no_filter"),
            (20, "vm 0 starts"),
            (20, "vnic 0: common"),
            (27, "vnic 0: function"),
            (40, "vm 0 stops: no_filter"),
            (40, "vnic 0: no_filter"),
            (50, "vm 0 starts"),
            (50, "vnic 0: common"),
            (50, "vnic 0: function"),
        ],
    );
}

#[test]
fn links_go_down_and_up() {
    let events =
        event(10, "link-down", "nic = \"port1\"") + &event(20, "link-up", "nic = \"port1\"");
    expect(&plan(&text("", "", "", &events)), &[(10, "nic 1 down"), (20, "nic 1 up")]);
}

/// The parts of the stream to `web[3]`: port, first and last instant in milliseconds.
fn parts(world: &World) -> Vec<(usize, u64, Option<u64>)> {
    let ms = |at: Time| at.0 / Span::ms(1).0;
    let part = |source: &TrafficSpec| (source.nic, ms(source.part.since), source.until.map(ms));
    let ours = world.sources.iter().filter(|source| source.source.name == "traffic.bulk[3]");
    ours.map(part).collect()
}

#[test]
fn a_migration_takes_the_function_away_copies_stops_starts_and_is_learnt_of() {
    let keys = format!("vm = \"web[3]\"\nto = \"beta\"\n{STAGES}\nrate = \"1 Gbps\"");
    let plan = plan(&text(SRIOV, "vf = true", "", &event(100, "live-migrate", &keys)));
    expect(
        &plan,
        &[
            (101, "vnic 3: common"),
            (152, "vm 3 stops: vm_paused"),
            (152, "vnic 3: vm_paused"),
            (172, "vnic 3: wrong_host"),
            (172, "vm 4 starts"),
            (172, "vnic 4: common"),
        ],
    );
    let world = &plan.world;
    let there = &world.vms[4];
    assert_eq!(
        (there.group.as_str(), there.index, there.host, there.running),
        ("web", 3, 1, false)
    );
    assert_eq!((world.vnics[4].nic, world.vnics[4].name.as_str()), (1, "vm.web[3]"));
    assert_eq!(parts(world), [(0, 0, Some(177)), (1, 177, None)]);
    let copy = world.sources.last().expect("there are some");
    assert_eq!((copy.group.as_str(), copy.nic), ("migration", 1));
    assert_eq!((copy.from, copy.until), (at(102), Some(at(152))));
    assert_eq!(paths(&plan)[3], path("software", "path-is-single-queue"));
    assert_eq!(paths(&plan).len(), 4);
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
}

#[test]
fn a_migration_to_a_host_with_functions_ends_with_one_attached() {
    let keys = format!("vm = \"web[3]\"\nto = \"beta\"\n{STAGES}\nvf_attach = \"30 ms\"");
    let events = event(100, "live-migrate", &keys);
    let plan = plan(&text(VMQ, "vf = true\nvmq = true", SRIOV, &events));
    expect(
        &plan,
        &[
            (150, "vm 3 stops: vm_paused"),
            (150, "vnic 3: vm_paused"),
            (170, "vnic 3: wrong_host"),
            (170, "vm 4 starts"),
            (170, "vnic 4: queue [1]"),
            (200, "vnic 4: function"),
        ],
    );
    assert_eq!(paths(&plan)[3], path("vf", "none"));
}

#[test]
fn the_worse_path_of_a_destination_has_a_reason() {
    let keys = format!("vm = \"web[3]\"\nto = \"beta\"\n{STAGES}");
    let events = event(100, "live-migrate", &keys);
    let to = |other: &str, vm: &str| paths(&plan(&text(SRIOV, vm, other, &events)))[3].clone();
    assert_eq!(to("path = \"vmq\"", "vf = true\nvmq = true"), path("vmq", "no-sriov"));
    assert_eq!(to("path = \"vmq\"", "vf = true"), path("default-queue", "vmq-not-wanted"));
    let none = "path = \"sriov\"\nsriov = { vfs = 0 }";
    assert_eq!(to(none, "vf = true"), path("default-queue", "no-free-vf"));
    assert_eq!(to(SRIOV, "vf = true"), path("vf", "none"));
    assert_eq!(to("path = \"rss\"", "vf = true"), path("software", "path-is-rss"));
}

#[test]
fn who_comes_back_is_who_left() {
    let there = event(50, "live-migrate", &format!("vm = \"web[3]\"\nto = \"beta\"\n{STAGES}"));
    let back = event(150, "live-migrate", &format!("vm = \"web[3]\"\nto = \"alpha\"\n{STAGES}"));
    let plan = plan(&text("", "", "", &format!("{there}{back}")));
    assert_eq!(plan.world.vms.len(), 5);
    assert_eq!(parts(&plan.world), [(0, 0, Some(125)), (1, 125, Some(225)), (0, 225, None)]);
    let events = schedule(&plan.world);
    assert_eq!(events.last(), Some(&(220, "vnic 3: common".to_owned())));
    assert_eq!(paths(&plan)[3], path("software", "path-is-single-queue"));
}

#[test]
fn queues_that_a_migrating_vm_leaves_and_takes_are_given_by_events_too() {
    let keys = format!("vm = \"web.*\"\nto = \"beta\"\n{STAGES}");
    let late = "[vm.late]\nnic = \"port0\"\nvmq = true\nrunning = false\n";
    let events = event(10, "live-migrate", &keys) + &event(100, "start-vm", "vm = \"late\"");
    let other = "path = \"vmq\"\nvmq = { queues = 4 }";
    let plan = plan(&text(VMQ, "vmq = true", other, &format!("{late}{events}")));
    assert_eq!(word(&plan, "vm.late[0].path"), "vmq");
    let all: Vec<String> = paths(&plan).into_iter().map(|(path, _)| path).collect();
    assert_eq!(all, ["vmq", "vmq", "vmq", "default-queue"]);
    assert_eq!(word(&plan, "nic.port1.queue[3].vm"), "vm.web[2]");
    assert_eq!(
        plan.world.vms.iter().map(|vm| vm.host).collect::<Vec<_>>(),
        [0, 0, 0, 0, 0, 1, 1, 1, 1]
    );
}

#[test]
fn vcpus_have_their_cores_on_the_other_host_or_those_that_are_named() {
    let keys = |cores: &str| format!("vm = \"web.*\"\nto = \"beta\"\n{STAGES}\n{cores}");
    let vcpus = |cores: &str| -> Vec<Vec<u32>> {
        let events = event(10, "live-migrate", &keys(cores));
        plan(&text("", "vcpus = 2", "", &events)).world.vms[4..]
            .iter()
            .map(|vm| vm.vcpus.clone())
            .collect()
    };
    assert_eq!(vcpus(""), [[4, 5], [6, 7], [4, 5], [6, 7]]);
    assert_eq!(vcpus("cores = \"1-3\""), [[1, 2], [3, 1], [2, 3], [1, 2]]);
}

#[test]
fn what_is_not_over_at_the_end_is_warned_of() {
    let keys = "vm = \"web[3]\"\nto = \"beta\"\nprecopy = \"150 ms\"\nblackout = \"100 ms\"";
    let plan = plan(&text("", "", "", &event(100, "live-migrate", keys)));
    assert_eq!(plan.warnings, ["event[0]: live-migrate of web[3] is not over when the run ends"]);
    assert_eq!(paths(&plan)[3], path("none", "not-running"));
    assert_eq!(parts(&plan.world), [(0, 0, None)]);
}

#[test]
fn traffic_that_ended_before_a_migration_stays_as_it_is() {
    let events = event(100, "live-migrate", &format!("vm = \"web[3]\"\nto = \"beta\"\n{STAGES}"));
    let file = text("", "", "", &events);
    let span = |keys: &str| {
        parts(&plan(&file.replace("\"100 Mbps\"", &format!("\"100 Mbps\"\n{keys}"))).world)
    };
    assert_eq!(span("until = \"90 ms\""), [(0, 0, Some(90))]);
    assert_eq!(span("from = \"200 ms\""), [(1, 175, None)]);
    assert_eq!(
        span("from = \"9 ms\"\nuntil = \"180 ms\""),
        [(0, 0, Some(175)), (1, 175, Some(180))]
    );
}

#[test]
fn filters_are_those_of_the_port_that_packets_come_by() {
    let filter = "[[nic.port1.filter]]\nmatch = { traffic = \"bulk\" }\naction = \"drop\"\n";
    let events = event(100, "live-migrate", &format!("vm = \"web[3]\"\nto = \"beta\"\n{STAGES}"));
    let plan = plan(&text("", "", "", &format!("{filter}{events}")));
    let filters: Vec<String> =
        plan.world.sources.iter().map(|source| format!("{:?}", source.filter)).collect();
    assert_eq!(filters, ["Pass", "Pass", "Pass", "Pass", "DropInNic"]);
}
