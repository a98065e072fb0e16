//! What `path = "sriov"` means: which VM has a virtual function, what is missing for one,
//! what is left of queues, rings and vCPUs, costs.

use crate::fixtures::scenario_text::plan;
use rxsim::engine::time::Span;
use rxsim::measure::tree::Tree;
use rxsim::scenario::Plan;
use rxsim::study;
use rxsim::world::{Consumer, PathReason, SteeringSpec, VnicSpec, World};

/// Six VMs that want virtual functions, with lines for host, port and VMs, and further tables.
fn text(host: &str, nic: &str, vm: &str, rest: &str) -> String {
    format!(
        r#"duration = "1 ms"
[host.alpha]
cores = 8
{host}
[nic.port0]
path = "sriov"
{nic}
[vm.web]
count = 6
vf = true
{vm}
[traffic.bulk]
to = "vm.web"
rate = "100 Mbps"
{rest}
"#
    )
}

fn sriov(host: &str, nic: &str, vm: &str, rest: &str) -> Plan {
    plan(&text(host, nic, vm, rest))
}

/// Whether it has a function, its queue, and why it has no better path.
fn path(vnic: &VnicSpec) -> (bool, Option<u32>, PathReason) {
    (vnic.rx_path.is_function(), vnic.rx_path.own().first().copied(), vnic.path_reason)
}

fn paths(world: &World) -> Vec<(bool, Option<u32>, PathReason)> {
    world.vnics.iter().map(path).collect()
}

const FUNCTION: (bool, Option<u32>, PathReason) = (true, None, PathReason::None);

const fn without(why: PathReason) -> (bool, Option<u32>, PathReason) {
    (false, None, why)
}

#[test]
fn every_vm_that_wants_a_function_is_given_one_with_one_ring() {
    let plan = sriov("", "", "vcpus = 2", "");
    assert_eq!(paths(&plan.world), [FUNCTION; 6]);
    assert_eq!(plan.world.nics[0].queues, [0], "the default queue is left");
    let function = plan.world.vnics[5].vf.as_ref().expect("a function");
    assert_eq!((function.targets.as_slice(), function.rss.is_none()), (&[0][..], true));
    assert!(matches!(plan.world.nics[0].steering, SteeringSpec::Vmq { shared_memory: false }));
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
}

#[test]
fn functions_are_given_first_come_first_served_and_the_others_pass_the_switch() {
    let rest = "[vm.db]\ncount = 2\nvf = true\nvmq = true\n[vnic.disk]\nvm = \"db\"\nvf = true\n\
                [vnic.mgmt]\nvmq = true";
    let plan = sriov("", "sriov = { vfs = 7 }", "", rest);
    let late = PathReason::NoFreeVf;
    let mut expected = vec![FUNCTION; 7];
    expected.extend([
        (false, Some(1), late),
        without(late),
        without(late),
        (false, Some(2), PathReason::VfNotWanted),
    ]);
    assert_eq!(paths(&plan.world), expected);
    let warning = "nic.port0: 10 virtual NICs want a virtual function and there are 7: first come, \
                   first served, the others pass the virtual switch";
    assert_eq!(plan.warnings, [warning]);
}

#[test]
fn the_model_limits_functions_and_serves_queues_from_the_same_pools() {
    let many = |model: &str, options: &str| {
        let nic = format!("model = \"{model}\"\n{options}");
        let rest = "[vm.old]\ncount = 70\nvmq = true";
        let text = text("", &nic, "", rest).replacen("count = 6", "count = 200", 1);
        let world = plan(&text).world;
        let functions = world.vnics.iter().filter(|vnic| vnic.vf.is_some()).count();
        (functions, world.nics[0].queues.len())
    };
    assert_eq!(many("ideal", ""), (200, 71));
    assert_eq!(many("intel-82599", ""), (63, 1), "64 pools");
    assert_eq!(many("intel-82599", "sriov = { vfs = 40 }"), (40, 24));
    assert_eq!(many("intel-x540", "sriov = { vfs = 40 }\nvmq = { queues = 3 }"), (40, 3));
    assert_eq!(many("intel-x550", ""), (63, 1));
    assert_eq!(many("intel-xl710", ""), (128, 71));
    assert_eq!(many("mellanox-cx5", ""), (127, 71));
}

#[test]
fn who_wants_no_function_has_the_path_of_vmq() {
    let rest = "[vm.old]\ncount = 2\nvmq = true\n[vm.idle]";
    let world = sriov("", "vmq = { queues = 2 }", "", rest).world;
    let found = paths(&world);
    assert_eq!(found[6], (false, Some(1), PathReason::VfNotWanted));
    assert_eq!(found[7], without(PathReason::NoFreeQueue));
    assert_eq!(found[8], without(PathReason::VfNotWanted));
    assert_eq!(world.sources[0].to, Consumer::Vnic(0));
}

/// The reason of the first VM and the only warning, for lines of host, port and VMs.
fn broken(host: &str, nic: &str, vm: &str) -> (PathReason, String) {
    let mut plan = sriov(host, nic, vm, "");
    assert!(plan.world.vnics.iter().all(|vnic| vnic.vf.is_none()));
    let warning = plan.warnings.pop().expect("a warning");
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    (plan.world.vnics[0].path_reason, warning)
}

#[test]
fn each_missing_link_sends_all_through_the_switch_and_says_so() {
    let virtualization = |key: &str| format!("virtualization = {{ {key} = false }}");
    let port = |key: &str| format!("sriov = {{ {key} = false }}");
    for (found, why, said) in [
        (broken(&virtualization("firmware"), "", ""), PathReason::Firmware, "PCI Express"),
        (broken(&virtualization("iommu"), "", ""), PathReason::Iommu, "remaps no DMA"),
        (broken("", &port("driver"), ""), PathReason::PfDriver, "the physical function"),
        (broken("", &port("switch_iov"), ""), PathReason::SwitchWithoutIov, "was created without"),
        (broken("", "", "vf_weight = 0"), PathReason::VfWeightZero, "`vf_weight` is 0"),
        (broken("", "", "port_policy = [\"acl\"]"), PathReason::PortPolicy, "(`port_policy`)"),
        (broken("", "", "vf_driver = false"), PathReason::VfDriver, "its guest has no driver"),
        (broken("", "sriov = { vfs = 0 }", ""), PathReason::NoFreeVf, "there are 0"),
    ] {
        assert_eq!(found.0, why);
        assert!(found.1.contains(said), "{}", found.1);
        assert!(found.1.contains("the virtual switch"), "{}", found.1);
    }
}

#[test]
fn the_first_missing_link_is_the_one_that_is_named() {
    let host = "virtualization = { firmware = false, iommu = false }";
    let nic = "sriov = { driver = false, switch_iov = false, vfs = 0 }";
    let vm = "vf_weight = 0\nport_policy = [\"qos\"]\nvf_driver = false";
    assert_eq!(broken(host, nic, vm).0, PathReason::Firmware);
    assert_eq!(broken("", nic, vm).0, PathReason::PfDriver);
    assert_eq!(broken("", "sriov = { vfs = 0 }", vm).0, PathReason::VfWeightZero);
}

#[test]
fn a_guest_without_a_driver_leaves_idle_what_it_was_given() {
    let rest = "[vm.late]\nvf = true";
    let world = sriov("", "sriov = { vfs = 6 }", "vf_driver = false", rest).world;
    assert_eq!(world.vnics[6].path_reason, PathReason::NoFreeVf);
    let world = sriov("", "sriov = { vfs = 6 }", "vf_weight = 0", rest).world;
    assert_eq!(path(&world.vnics[6]), FUNCTION);
}

#[test]
fn further_virtual_nics_have_functions_and_drivers_of_their_vm() {
    let rest = "[vnic.disk]\nvm = \"web\"\nvf = true\nvf_queues = 2";
    let unwanted = |vm: &str, rest: &str| text("", "", vm, rest).replacen("vf = true\n", "", 1);
    let world = plan(&unwanted("vcpus = 3", rest)).world;
    let function = world.vnics[6].vf.as_ref().expect("a function");
    assert_eq!(function.targets, [1, 2], "its own NIC notifies vCPU 0");
    assert_eq!(path(&world.vnics[0]), without(PathReason::VfNotWanted));
    let alone = "[vnic.disk]\nvm = \"web\"\nvf = true";
    let world = plan(&unwanted("vf_driver = false", alone)).world;
    assert_eq!(world.vnics[6].path_reason, PathReason::VfDriver);
}

#[test]
fn rings_of_a_function_are_spread_by_a_table_of_its_own() {
    let vm = "vcpus = 2\nvf_queues = 2";
    let entries = |nic: &str| {
        let world = sriov("", nic, vm, "").world;
        let function = world.vnics[1].vf.clone().expect("a function");
        assert_eq!(function.targets, [0, 1]);
        function.rss.expect("a table").table
    };
    assert_eq!(entries("").len(), 128);
    assert_eq!(entries("model = \"intel-x550\"").len(), 64);
    assert_eq!(entries("model = \"intel-xl710\"")[..4], [0, 1, 0, 1]);
}

#[test]
fn exits_follow_posted_interrupts_unless_stated() {
    let host = |lines: &str| sriov(lines, "", "", "").world.hosts.remove(0);
    assert_eq!((host("").exits_per_interrupt, host("").halt_poll), (2, Span::ZERO));
    let posted = host("virtualization = { posted_interrupts = true, halt_poll = \"50 us\" }");
    assert_eq!((posted.exits_per_interrupt, posted.halt_poll), (0, Span::us(50)));
    let both = "virtualization = { posted_interrupts = true, exits_per_interrupt = 1 }";
    assert_eq!(host(both).exits_per_interrupt, 1);
    let costs = host("costs = \"hyperv-2012\"\ncost = { vm_exit = \"2528 cycles\" }").costs;
    assert_eq!((costs.vm_exit, costs.vm_wakeup), (Span(950_376), Span::us(1)));
}

#[test]
fn a_slow_port_has_functions_and_a_port_with_functions_drops_at_a_full_ring() {
    let slow = sriov("", "link = \"1 Gbps\"", "", "");
    assert_eq!((paths(&slow.world)[0], slow.warnings.len()), (FUNCTION, 0));
    let queue = sriov("", "link = \"1 Gbps\"", "", "[vm.old]\nvmq = true");
    assert_eq!(queue.world.vnics[6].path_reason, PathReason::OffBelow10Gbps);
    assert!(queue.warnings[0].contains("VMQ is off below 10 Gbps"), "{:?}", queue.warnings);
    let named = sriov("", "model = \"intel-82599\"\nvmq = { queues = 1 }", "", "");
    assert!(!named.world.nics[0].hold);
    assert_eq!(named.world.nics[0].vectors, [[0]]);
}

#[test]
fn other_paths_ignore_the_request_for_a_function() {
    let text = text("", "", "vmq = true", "").replacen("\"sriov\"", "\"vmq\"", 1);
    let world = plan(&text).world;
    assert_eq!(path(&world.vnics[5]), (false, Some(6), PathReason::None));
}

/// The word of a metric that exists before a run.
fn word(plan: &Plan, metric: &str) -> String {
    match study::metrics::shape(&plan.world).get(metric) {
        Some(Tree::Word(word)) => word.clone(),
        other => panic!("{metric}: {other:?}"),
    }
}

#[test]
fn results_name_the_path_and_its_reason() {
    let plan = sriov("", "sriov = { vfs = 1 }", "vmq = true", "[vm.idle]");
    assert_eq!(word(&plan, "vm.web[0].path"), "vf");
    assert_eq!(word(&plan, "vm.web[0].path_reason"), "none");
    assert_eq!(word(&plan, "vm.web[1].path"), "vmq");
    assert_eq!(word(&plan, "vm.web[1].path_reason"), "no-free-vf");
    assert_eq!(word(&plan, "vm.idle[0].path"), "default-queue");
    assert_eq!(word(&plan, "vm.idle[0].path_reason"), "vf-not-wanted");
}
