//! What a file with VMMQ, receive packet steering and teams means; and with addresses, unpinned
//! vCPUs, work inside of VMs.

use crate::fixtures::recording::recording;
use crate::fixtures::scenario_text::plan;
use rxsim::engine::time::Span;
use rxsim::scenario::Plan;
use rxsim::world::{Consumer, FlowMap, PathReason, RxPath, VnicOwner, World};

/// Four VMs on a port of a model, its options and further tables to be added.
fn text(nic: &str, vm: &str, rest: &str) -> String {
    format!(
        r#"duration = "1 ms"
[host.alpha]
cores = 8
[nic.port0]
path = "vmq"
{nic}
[vm.web]
count = 4
vmq = true
{vm}
[traffic.bulk]
to = "vm.web"
rate = "1 Gbps"
flows = 64
{rest}
"#
    )
}

fn with(nic: &str, vm: &str) -> Plan {
    plan(&text(nic, vm, ""))
}

/// The own queues of each virtual NIC.
fn queues(world: &World) -> Vec<&[u32]> {
    world.vnics.iter().map(|vnic| vnic.rx_path.own()).collect()
}

/// The vCPUs that the channels of a virtual NIC lead to.
fn channels(world: &World, vnic: usize) -> Option<&[u32]> {
    world.vnics[vnic].channels.as_ref().map(|all| all.targets.as_slice())
}

fn table(spread: &FlowMap) -> &[u32] {
    &spread.rss.as_ref().expect("a table").table
}

#[test]
fn a_vm_has_several_queues_a_table_of_its_own_and_as_many_channels_as_vcpus_go() {
    let plan = with("", "vmq_queues = 3\nvcpus = 2");
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let world = plan.world;
    assert_eq!(queues(&world), [&[1, 2, 3][..], &[4, 5, 6], &[7, 8, 9], &[10, 11, 12]]);
    let cores: Vec<u32> = (0..13).map(|queue| queue % 8).collect();
    assert_eq!(world.nics[0].queues, cores, "queue k on the (k mod n)-th core");
    let RxPath::VmQueues(own) = &world.vnics[1].rx_path else { panic!("its own queues") };
    assert_eq!((table(own).len(), &table(own)[..5]), (128, &[0, 1, 2, 0, 1][..]));
    assert_eq!(channels(&world, 1), Some(&[0, 1][..]));
    let several = world.vnics[1].channels.as_ref().expect("several");
    assert_eq!((table(several).len(), &table(several)[..3]), (128, &[0, 1, 0][..]));
    let one = with("", "vmq_queues = 3").world;
    assert_eq!((queues(&one)[0], channels(&one, 0)), (&[1, 2, 3][..], None), "one vCPU");
    let many = with("", "vmq_queues = 2\nvcpus = 4").world;
    assert_eq!(channels(&many, 0), Some(&[0, 1][..]), "as many as it has queues");
}

#[test]
fn who_comes_late_has_the_queues_that_are_left() {
    let plan = with("vmq = { queues = 8 }", "vmq_queues = 3\nvcpus = 4");
    assert_eq!(queues(&plan.world), [&[1, 2, 3][..], &[4, 5, 6], &[7], &[]]);
    let reasons: Vec<_> = plan.world.vnics.iter().map(|vnic| vnic.path_reason).collect();
    let late = PathReason::NoFreeQueue;
    assert_eq!(reasons, [PathReason::None, PathReason::None, late, late]);
    assert_eq!((channels(&plan.world, 2), channels(&plan.world, 3)), (None, None));
    let warning = "nic.port0: its virtual NICs want 12 queues of their own and 7 are left beside the \
                   default queue: first come, first served, 1 of them with fewer than they want, \
                   and 1 by the default queue";
    assert_eq!(plan.warnings, [warning]);
    let idle = plan_without_vmq();
    assert_eq!(idle, ["vm.web: `vmq_queues` counts only with vmq = true"]);
}

fn plan_without_vmq() -> Vec<String> {
    plan(&text("", "vmq_queues = 3", "").replacen("vmq = true", "vmq = false", 1)).warnings
}

#[test]
fn virtual_rss_gives_channels_and_lets_the_port_spread() {
    let plan = with("vmq = { base_processor = 1, max_processors = 3 }", "vrss = true\nvcpus = 3");
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let spread = plan.world.nics[0].rps.as_ref().expect("it spreads");
    assert_eq!(spread.cores.targets, [1, 2, 3], "those that its queues may use");
    assert_eq!((spread.backlog, &table(&spread.cores)[..4]), (1000, &[0, 1, 2, 0][..]));
    assert_eq!(channels(&plan.world, 0), Some(&[0, 1, 2][..]));
    assert_eq!(queues(&plan.world)[0], [1], "one hardware queue");
    let said =
        with("spread = { cores = \"5,7\", backlog = 9, table = 64 }", "vrss = true\nvcpus = 2");
    let spread = said.world.nics[0].rps.as_ref().expect("it spreads");
    assert_eq!((spread.cores.targets.as_slice(), spread.backlog), (&[5, 7][..], 9));
    assert_eq!(table(&spread.cores).len(), 64);
    let both = with("", "vrss = true\nvmq_queues = 2\nvcpus = 4").world;
    assert!(both.nics[0].rps.is_none(), "the NIC spreads: several queues");
    assert_eq!(channels(&both, 0), Some(&[0, 1, 2, 3][..]));
}

/// The only warning of four VMs that want virtual RSS in vain.
fn no_vrss(nic: &str, vm: &str) -> String {
    let plan = plan(&text(nic, &format!("vrss = true\n{vm}"), ""));
    assert!(plan.world.vnics.iter().all(|vnic| vnic.channels.is_none()));
    assert!(plan.world.nics[0].rps.is_none());
    plan.warnings.last().expect("a warning").clone()
}

#[test]
fn virtual_rss_is_off_where_something_is_missing_and_says_what() {
    let off = |why: &str| format!("vm.web has no virtual RSS: {why}");
    assert_eq!(no_vrss("", ""), off("it takes two vCPUs"));
    let slow = "link = \"1 Gbps\"\nvmq = { below_10g = true }";
    assert_eq!(no_vrss(slow, "vcpus = 2"), off("its link is slower than 10 Gbps"));
    let none = "vmq = { queues = 1 }";
    let plan = plan(&text(none, "vrss = true\nvcpus = 2", ""));
    assert!(plan.warnings.contains(&off("it has no queue of its own")), "{:?}", plan.warnings);
    let text = text("", "vrss = true\nvcpus = 2\nvf = true", "");
    let functions = crate::fixtures::scenario_text::plan(&text.replacen("\"vmq\"", "\"sriov\"", 1));
    let by = "its packets come by a virtual function, which spreads them itself";
    assert_eq!(functions.warnings, [off(by)]);
}

#[test]
fn a_port_spreads_for_its_host_and_says_whom_it_spreads_with_others() {
    let rps = "duration = \"1 ms\"\n[host.alpha]\ncores = 4\nstack = \"linux-napi\"\n[nic.port0]\n\
               spread = { cores = \"1-3\" }\n[traffic.bulk]\nto = \"host.alpha\"\nrate = \"1 Gbps\"";
    let spec = plan(rps).world.nics[0].rps.clone().expect("it spreads");
    assert_eq!(spec.cores.targets, [1, 2, 3]);
    let all = plan(&rps.replacen("{ cores = \"1-3\" }", "{}", 1)).world;
    assert_eq!(all.nics[0].rps.as_ref().expect("it spreads").cores.targets, [0, 1, 2, 3]);
    let text = text("", "vrss = true\nvcpus = 2", "[vm.old]\nvmq = true");
    let warning = "nic.port0: it spreads the packets of all its virtual NICs over cores, also those \
                   without `vrss`, such as vm.old[0]";
    assert_eq!(plan(&text).warnings, [warning]);
}

/// Two ports in a team, with six VMs and a virtual NIC of the host on it.
fn team(team: &str, port0: &str, port1: &str) -> Plan {
    plan(&format!(
        r#"duration = "1 ms"
[host.alpha]
cores = 16
[nic.port0]
path = "vmq"
{port0}
[nic.port1]
path = "vmq"
{port1}
[team.uplink]
nics = ["port0", "port1"]
{team}
[vm.web]
count = 6
nic = "uplink"
vmq = true
[vnic.mgmt]
nic = "uplink"
[traffic.bulk]
to = "vm.web"
rate = "1 Gbps"
flows = 1000
[traffic.own]
to = "vnic.mgmt"
rate = "1 Gbps"
"#
    ))
}

const SPLIT: (&str, &str) = (
    "vmq = { queues = 3, max_processors = 3 }",
    "vmq = { queues = 5, base_processor = 3, max_processors = 5 }",
);

#[test]
fn where_queues_add_up_each_virtual_nic_has_one_port_in_turn() {
    for mode in ["", "balance = \"hyperv-port\"", "balance = \"dynamic\""] {
        let plan = team(mode, SPLIT.0, SPLIT.1);
        let world = &plan.world;
        let ports: Vec<_> = world.vnics.iter().map(|vnic| vnic.nic).collect();
        assert_eq!(ports, [0, 1, 0, 1, 0, 1, 0], "the host's own is the seventh");
        assert_eq!(queues(world), [&[1][..], &[1], &[2], &[2], &[], &[3], &[]]);
        assert_eq!(world.vnics[6].owner, VnicOwner::Host);
        let sources: Vec<_> = world.sources.iter().map(|source| (source.nic, source.to)).collect();
        let expected: Vec<_> = (0..7).map(|n| (n % 2, Consumer::Vnic(n))).collect();
        assert_eq!(sources, expected);
        assert!(world.sources.iter().all(|source| source.part.flows.is_none()));
        assert_eq!(plan.warnings.len(), 1, "one came too late: {:?}", plan.warnings);
    }
}

#[test]
fn where_each_flow_has_its_port_a_virtual_nic_has_a_queue_on_every_one() {
    let same = |queues: u32| format!("vmq = {{ queues = {queues}, max_processors = 4 }}");
    for mode in ["address-hash", "hyperv-port", "dynamic"] {
        let mode = format!("mode = \"switch-dependent\"\nbalance = \"{mode}\"");
        let world = team(&mode, &same(3), &same(5)).world;
        let first = &world.vnics[..4];
        let places: Vec<_> =
            first.iter().map(|v| (v.name.as_str(), v.nic, v.rx_path.own())).collect();
        let (one, two) = ("vm.web[0]", "vm.web[1]");
        let expected: [(&str, usize, &[u32]); 4] =
            [(one, 0, &[1]), (one, 1, &[1]), (two, 0, &[2]), (two, 1, &[2])];
        assert_eq!(places, expected);
        assert!(world.vnics[4..].iter().all(|vnic| vnic.rx_path.own().is_empty()), "min of queues");
        assert_eq!([&world.nics[0].queues, &world.nics[1].queues], [&[0, 1, 2], &[0, 1, 2]]);
        assert_eq!(world.sources.len(), 14);
    }
}

#[test]
fn the_parts_of_a_stream_are_complementary_and_about_even() {
    let world = team("mode = \"switch-dependent\"", "", "").world;
    for pair in world.sources.chunks(2) {
        let [a, b] = pair else { panic!("one for each port") };
        assert_eq!((a.source.name.as_str(), a.nic), (b.source.name.as_str(), b.nic - 1));
        let flows = |part: &rxsim::world::Part| part.flows.clone().expect("a part");
        let (ours, theirs) = (flows(&a.part), flows(&b.part));
        assert!(ours.iter().zip(theirs.iter()).all(|(one, other)| one != other));
        if ours.len() == 1000 {
            // A fair coin leaves this range once in 10 000 worlds: 4 standard deviations.
            let share = ours.iter().filter(|its| **its).count();
            assert!((437..=563).contains(&share), "{share}");
        }
    }
    assert_eq!(world.sources[0].source.name, "traffic.bulk[0]");
    assert_eq!(world.sources[12].source.name, "traffic.own");
}

#[test]
fn a_switch_that_knows_nothing_sends_all_to_the_first_port_of_an_address_hash() {
    let world = team("balance = \"address-hash\"", "", "").world;
    assert_eq!(world.vnics.len(), 14, "yet a queue is needed on every port");
    assert_eq!(queues(&world)[..4], [&[1][..], &[1], &[2], &[2]]);
    assert!(world.sources.iter().all(|source| source.nic == 0 && source.part.flows.is_none()));
}

#[test]
fn processors_of_ports_whose_queues_add_up_should_not_overlap() {
    let plan = team("", "", "");
    let warning = "team.uplink: its ports share processors, and where queues add up they should not: \
                   port0 base_processor = 1, max_processors = 8; port1 base_processor = 9, \
                   max_processors = 7 (Microsoft, tuning guidelines 2012 R2)";
    assert_eq!(plan.warnings, [warning]);
}

#[test]
fn floating_vcpus_float_over_their_cores() {
    let world = with("", "placement = \"floating\"\ncores = \"4-6\"\nvcpus = 2").world;
    assert_eq!(world.vms[1].allowed_cores.as_deref(), Some(&[4, 5, 6][..]));
    assert_eq!(world.vms[1].vcpus, [6, 4], "where they start");
    assert_eq!(with("", "placement = \"pinned\"").world.vms[0].allowed_cores, None);
}

#[test]
fn work_inside_of_vms_loads_the_cores_of_their_vcpus() {
    let vm = "cores = \"2-7\"\nvcpus = 2";
    let cores = |on: &str| {
        let work = format!("[work.batch]\non = \"{on}\"\nload = \"30 %\"");
        let works = plan(&text("", vm, &work)).world.works;
        assert!(works.iter().all(|work| work.demand == Span::ms(3) && work.name == "batch"));
        works.iter().map(|work| work.core).collect::<Vec<_>>()
    };
    assert_eq!(cores("vm.web"), [2, 3, 4, 5, 6, 7, 2, 3]);
    assert_eq!(cores("vm.web.*"), cores("vm.web"));
    assert_eq!(cores("vm.web[1]"), [4, 5]);
}

/// To whom the frames of a recording go on a port with VMs that have addresses: per frame.
fn receivers(name: &str, vm: &str, frames: &[(u8, Option<u16>)]) -> (Vec<Consumer>, Vec<String>) {
    let path = recording(name, frames);
    let played = format!("to = \"addresses\"\ncapture = {:?}", path.display().to_string());
    let text = text("", vm, "").replacen("duration = \"1 ms\"\n", "", 1).replacen(
        "to = \"vm.web\"\nrate = \"1 Gbps\"\nflows = 64",
        &played,
        1,
    );
    let plan = plan(&text);
    std::fs::remove_file(path).expect("just written");
    let sources = &plan.world.sources;
    let capture = match &sources[0].source.arrivals {
        rxsim::rx::source::Arrivals::Capture(capture) => capture.clone(),
        other => panic!("{other:?}"),
    };
    let whose = |flow: usize| {
        let mut takes = sources.iter().filter(|s| s.part.flows.as_ref().expect("a part")[flow]);
        let to = takes.next().expect("every frame goes somewhere").to;
        assert!(takes.next().is_none(), "and nowhere else");
        to
    };
    let all = capture.packets.iter().map(|packet| whose(packet.flow as usize)).collect();
    assert!(sources.iter().all(|source| source.source.name == "traffic.bulk" && source.nic == 0));
    (all, plan.warnings)
}

#[test]
fn recorded_frames_go_where_their_addresses_say() {
    let vnic = Consumer::Vnic;
    let frames = [(16, None), (18, None), (16, Some(7)), (20, None), (17, None), (19, None)];
    let (to, warnings) = receivers("any", "mac = \"02:00:00:00:00:10\"", &frames);
    assert_eq!(to, [vnic(0), vnic(2), vnic(0), Consumer::Host, vnic(1), vnic(3)]);
    assert!(warnings.is_empty(), "{warnings:?}");
    let tagged = "mac = \"02-00-00-00-00-10\"\nvlan = 7";
    let frames = [(16, None), (16, Some(7)), (17, Some(7)), (16, Some(8))];
    let (to, _) = receivers("tagged", tagged, &frames);
    assert_eq!(to, [Consumer::Host, vnic(0), vnic(1), Consumer::Host]);
    let (to, warnings) = receivers("nobody", tagged, &frames[..1]);
    assert_eq!(to, [Consumer::Host]);
    assert!(warnings[0].contains("no frame of the recording is for a virtual NIC"));
}

#[test]
fn a_recording_may_be_sent_to_one_whatever_its_addresses() {
    let path = recording("one", &[(1, None), (2, None)]);
    let played = format!("to = \"vm.web[1]\"\ncapture = {:?}", path.display().to_string());
    let text = text("", "", "").replacen("to = \"vm.web\"\nrate = \"1 Gbps\"", &played, 1);
    let world = plan(&text).world;
    std::fs::remove_file(path).expect("just written");
    assert_eq!((world.sources.len(), world.sources[0].to), (1, Consumer::Vnic(1)));
    assert!(world.sources[0].part.flows.is_none());
}
