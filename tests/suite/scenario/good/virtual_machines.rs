//! What a file with virtual machines means: instances, cores, queues, vectors, sources.

use crate::fixtures::scenario_text::{loaded, plan};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::scenario::text::diagnostic::render;
use rxsim::world::{Consumer, PathReason, SteeringSpec, VnicOwner, World};

/// Four VMs on a port of a model, its options and further tables to be added.
fn text(nic: &str, vm: &str, rest: &str) -> String {
    format!(
        r#"duration = "1 ms"
[host.alpha]
cores = 8
[nic.port0]
{nic}
[vm.web]
count = 4
{vm}
[traffic.bulk]
to = "vm.web"
rate = "1 Gbps"
{rest}
"#
    )
}

fn world(nic: &str, vm: &str, rest: &str) -> World {
    plan(&text(nic, vm, rest)).world
}

fn vmq(options: &str, vm: &str, rest: &str) -> World {
    world(&format!("path = \"vmq\"\nvmq = {{ {options} }}"), vm, rest)
}

/// Name, queue and reason of each virtual NIC.
fn paths(world: &World) -> Vec<(&str, Option<u32>, PathReason)> {
    world
        .vnics
        .iter()
        .map(|v| (v.name.as_str(), v.rx_path.own().first().copied(), v.path_reason))
        .collect()
}

/// Why the plan of a text is refused.
fn refused(text: &str) -> String {
    render(&loaded(text, &[]).plan(None).expect_err("not simulated yet"), false)
}

#[test]
fn the_short_form_of_a_group_has_all_defaults() {
    let world = world("", "", "");
    let vm = &world.vms[1];
    assert_eq!((world.vms.len(), vm.group.as_str(), vm.index, vm.host), (4, "web", 1, 0));
    assert_eq!(vm.vcpus, [1]);
    let vnic = &world.vnics[1];
    assert_eq!((vnic.name.as_str(), vnic.nic, vnic.channel), ("vm.web[1]", 0, 1024));
    assert_eq!(vnic.owner, VnicOwner::Vm { vm: 1, vcpu: 0 });
    assert_eq!((vnic.rx_path.own().first(), vnic.path_reason), (None, PathReason::SingleQueue));
}

#[test]
fn vcpus_go_round_the_cores_of_their_list() {
    let cores = |vm: &str| -> Vec<Vec<u32>> {
        world("", vm, "").vms.iter().map(|vm| vm.vcpus.clone()).collect()
    };
    assert_eq!(cores("cores = \"5-7\""), [[5], [6], [7], [5]]);
    assert_eq!(cores("cores = \"4,6-7\"\nvcpus = 2"), [[4, 6], [7, 4], [6, 7], [4, 6]]);
    assert_eq!(cores("vcpus = 3"), [[0, 1, 2], [3, 4, 5], [6, 7, 0], [1, 2, 3]]);
}

#[test]
fn each_instance_of_a_group_is_sent_a_stream_of_its_own() {
    let rest = "[traffic.one]\nto = \"vm.web[3]\"\nrate = \"1 Mbps\"\n[traffic.all]\n\
                to = \"vm.web.*\"\nrate = \"1 Mbps\"";
    let world = world("", "", rest);
    let sources: Vec<_> = world
        .sources
        .iter()
        .map(|s| (s.source.name.as_str(), s.group.as_str(), s.to, s.nic))
        .collect();
    let to = |vnic| Consumer::Vnic(vnic);
    assert_eq!(sources[0], ("traffic.bulk[0]", "bulk", to(0), 0));
    assert_eq!(sources[3], ("traffic.bulk[3]", "bulk", to(3), 0));
    assert_eq!(sources[4], ("traffic.one", "one", to(3), 0));
    assert_eq!(sources[8], ("traffic.all[3]", "all", to(3), 0));
    assert_eq!(sources.len(), 9);
}

#[test]
fn a_group_of_one_has_the_stream_that_it_has_among_many() {
    let one = plan(&text("", "", "").replacen("count = 4", "count = 1", 1)).world;
    assert_eq!(one.sources[0].source.name, "traffic.bulk[0]");
}

#[test]
fn further_virtual_nics_go_to_each_vm_of_their_group_or_to_the_host() {
    let rest = "[vnic.storage]\nvm = \"web\"\nchannel = 64\n[vnic.backup]\nvm = \"web\"\n\
                [vnic.mgmt]\n[traffic.disk]\nto = \"vnic.storage\"\nrate = \"1 Mbps\"\n\
                [traffic.host]\nto = \"vnic.mgmt\"\nrate = \"1 Mbps\"";
    let world = world("", "vcpus = 2", rest);
    let owner = |vm, vcpu| VnicOwner::Vm { vm, vcpu };
    let at = |at: usize| (world.vnics[at].name.as_str(), world.vnics[at].owner);
    assert_eq!(at(3), ("vm.web[3]", owner(3, 0)));
    assert_eq!(at(5), ("vnic.storage[1]", owner(1, 1)));
    assert_eq!(at(9), ("vnic.backup[1]", owner(1, 0)));
    assert_eq!(at(12), ("vnic.mgmt", VnicOwner::Host));
    assert_eq!(world.vnics[4].channel, 64);
    assert_eq!(world.sources[4].to, Consumer::Vnic(4));
    assert_eq!(world.sources[8].to, Consumer::Vnic(12));
    assert_eq!(world.sources[8].source.name, "traffic.host");
}

#[test]
fn traffic_comes_in_by_the_port_whose_switch_the_virtual_nic_is_on() {
    let rest = "[nic.port1]\n[vnic.storage]\nvm = \"web\"\nnic = \"port1\"\n[traffic.disk]\n\
                to = \"vnic.storage[2]\"\nrate = \"1 Mbps\"";
    let world = world("", "nic = \"port0\"", rest);
    assert_eq!(world.sources[0].nic, 0);
    assert_eq!((world.sources[4].nic, world.sources[4].to), (1, Consumer::Vnic(6)));
}

#[test]
fn broadcasts_are_one_stream_to_the_only_port_or_the_one_that_is_named() {
    let broadcast =
        |nic: &str| format!("[traffic.arp]\nto = \"broadcast\"\nrate = \"1 kpps\"\n{nic}");
    let of = |world: World| {
        let arp = world.sources.into_iter().last().expect("the last one");
        (arp.source.name, arp.nic, arp.to)
    };
    let found = of(world("", "", &broadcast("")));
    assert_eq!(found, ("traffic.arp".to_owned(), 0, Consumer::Broadcast));
    let two =
        format!("{}\n[nic.port1]\n[vnic.mgmt]\nnic = \"port1\"", broadcast("nic = \"port1\""));
    assert_eq!(of(world("", "nic = \"port0\"", &two)).1, 1);
}

#[test]
fn queues_are_given_first_come_first_served_from_queue_1_on() {
    let rest = "[vm.db]\ncount = 2\nvmq = true\n[vnic.mgmt]\nvmq = true";
    let served = vmq("queues = 6", "vmq = true", rest);
    let given = |queue| (Some(queue), PathReason::None);
    let found: Vec<_> = paths(&served).into_iter().map(|(_, q, why)| (q, why)).collect();
    let late = (None, PathReason::NoFreeQueue);
    let expected = [given(1), given(2), given(3), given(4), given(5), late, late];
    assert_eq!(found, expected);
    assert_eq!(served.nics[0].queues.len(), 6);
    let unasked = vmq("queues = 6", "", rest);
    assert_eq!(paths(&unasked)[0], ("vm.web[0]", None, PathReason::NotWanted));
    assert_eq!(paths(&unasked)[4], ("vm.db[0]", Some(1), PathReason::None));
    assert_eq!(paths(&unasked)[6], ("vnic.mgmt", Some(3), PathReason::None));
    assert_eq!(unasked.nics[0].queues.len(), 4);
}

#[test]
fn those_who_came_too_late_are_warned_of() {
    let nic = "model = \"intel-82599\"\npath = \"vmq\"\nvmq = { queues = 3 }";
    let warnings = plan(&text(nic, "vmq = true", "")).warnings;
    let expected = "nic.port0: 4 virtual NICs want a queue of their own and 2 are left beside the \
                    default queue: first come, first served, the others share the default queue";
    assert_eq!(warnings, [expected]);
}

#[test]
fn the_default_number_of_queues_is_the_models_or_one_more_than_are_wanted() {
    let vms = |model: &str, count: u32| {
        let nic = format!("model = \"{model}\"\npath = \"vmq\"");
        let text = text(&nic, "vmq = true", "");
        plan(&text.replacen("count = 4", &format!("count = {count}"), 1)).world
    };
    assert_eq!(vms("ideal", 100).nics[0].queues.len(), 101);
    assert_eq!(vms("intel-82599", 100).nics[0].queues.len(), 64);
    assert_eq!(vms("intel-82598", 100).nics[0].queues.len(), 16);
    assert_eq!(vms("intel-82599", 5).nics[0].queues.len(), 6);
}

#[test]
fn queue_k_runs_on_the_k_th_core_in_turn_and_vectors_are_shared_per_core() {
    let options = "base_processor = 2, max_processors = 3";
    let nic = vmq(options, "vmq = true", "").nics.remove(0);
    assert_eq!(nic.queues, [2, 3, 4, 2, 3]);
    assert_eq!(nic.vectors, [vec![0, 3], vec![1, 4], vec![2]]);
    let own = format!("{options}, shared_interrupts = false");
    let nic = vmq(&own, "vmq = true", "").nics.remove(0);
    assert_eq!(nic.vectors, [[0], [1], [2], [3], [4]]);
    let siblings = text("path = \"vmq\"", "vmq = true", "");
    let siblings = siblings.replacen("cores = 8", "cores = 2\nsmt = 2", 1);
    assert_eq!(plan(&siblings).world.nics[0].queues, [0, 2, 0, 2, 0]);
}

#[test]
fn queues_of_one_core_share_where_the_models_vectors_are_short() {
    let nic = "model = \"intel-82599\"\npath = \"vmq\"\nvmq = { shared_interrupts = false }";
    let text = text(nic, "vmq = true", "").replacen("count = 4", "count = 70", 1);
    let nic = plan(&text).world.nics.remove(0);
    assert_eq!((nic.queues.len(), nic.vectors.len()), (64, 8), "64 queues, 63 vectors");
}

#[test]
fn a_port_of_vmq_copies_as_hosts_of_2012_do_and_drops_at_a_full_ring() {
    let steering = |options: &str| vmq(options, "", "").nics.remove(0).steering;
    assert!(matches!(steering(""), SteeringSpec::Vmq { shared_memory: false }));
    let shared = steering("copy = \"shared-memory\"");
    assert!(matches!(shared, SteeringSpec::Vmq { shared_memory: true }));
    let named = world("model = \"intel-82599\"\npath = \"vmq\"", "", "");
    assert!(!named.nics[0].hold, "several queues, though nobody wants one");
}

#[test]
fn vmq_is_off_on_slow_links_unless_asked_for() {
    let slow = |options: &str| {
        let nic = format!("link = \"1 Gbps\"\npath = \"vmq\"\nvmq = {{ {options} }}");
        plan(&text(&nic, "vmq = true", ""))
    };
    let off = slow("queues = 4");
    assert_eq!(off.world.nics[0].queues, [0]);
    assert_eq!(paths(&off.world)[0], ("vm.web[0]", None, PathReason::OffBelow10Gbps));
    assert!(off.warnings[0].contains("VMQ is off below 10 Gbps"), "{:?}", off.warnings);
    let on = slow("queues = 4, below_10g = true");
    assert_eq!(on.world.nics[0].queues.len(), 4);
    assert_eq!(paths(&on.world)[0].1, Some(1));
}

#[test]
fn vms_behind_rss_are_taken_with_a_warning() {
    let plan = plan(&text("path = \"rss\"", "vmq = true", "[vm.db]"));
    assert!(matches!(plan.world.nics[0].steering, SteeringSpec::Rss(_)));
    assert_eq!(paths(&plan.world)[0], ("vm.web[0]", None, PathReason::Rss));
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
    assert!(plan.warnings[0].contains("only with VMMQ"));
}

#[test]
fn hosts_and_apps_may_be_sent_packets_by_a_port_of_vmq() {
    let rest = "[app.db]\n[traffic.host]\nto = \"host.alpha\"\nrate = \"1 Mbps\"\n[traffic.app]\n\
                to = \"app.db\"\nrate = \"1 Mbps\"";
    let world = vmq("", "", rest);
    assert_eq!((world.sources[4].to, world.sources[5].to), (Consumer::Host, Consumer::App(0)));
}

#[test]
fn the_costs_of_switch_and_guest_come_from_profile_and_file() {
    let profile = "costs = \"hyperv-2012\"\ncost = { guest_packet = \"2 us\", vm_notify = \"3 us\", \
                   guest_preempt = \"2528 cycles\", \
                   vswitch_copy = { mean = \"1 ns\", distribution = \"exponential\" } }";
    let text = text("", "", "").replacen("cores = 8", &format!("cores = 8\n{profile}"), 1);
    let costs = plan(&text).world.hosts[0].costs.clone();
    let constant = |ns| Draw::Constant(Span::ns(ns));
    assert_eq!((costs.vswitch_packet, costs.vswitch_lookup), (constant(901), constant(800)));
    assert_eq!(costs.vswitch_copy, Draw::Exponential { mean: Span::ns(1) });
    assert_eq!((costs.vm_notify, costs.guest_interrupt), (Span::us(3), Span::us(2)));
    assert_eq!((costs.guest_packet, costs.guest_byte), (constant(2000), Draw::Constant(Span(250))));
    assert_eq!(costs.guest_preempt, Span(950_376));
}

#[test]
fn what_is_not_simulated_yet_says_so() {
    let nic = "path = \"vmq\"";
    let pin = "[[nic.port0.filter]]\nmatch = { traffic = \"bulk\" }\naction = \"pin\"\nqueue = 9";
    let pinned = refused(&text(nic, "", pin));
    assert!(pinned.contains("MAC address alone names its queue"), "{pinned}");
}
