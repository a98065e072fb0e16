//! Mistakes in what a file says of VMMQ, receive packet steering, teams, addresses and
//! work inside of VMs: where, why, and what to write instead.

use crate::fixtures::scenario_text::{Sound, refused};

/// A sound scenario with a team; each case changes one line of it.
const SOUND: Sound = Sound(
    r#"duration = "10 ms"
[host.alpha]
cores = 8
costs = "hyperv-2012"
[nic.port0]
path = "vmq"
[nic.port1]
path = "vmq"
[nic.port2]
path = "vmq"
spread = { cores = "1-3" }
[team.uplink]
nics = ["port0", "port1"]
mode = "switch-dependent"
[vm.web]
count = 4
nic = "uplink"
vcpus = 2
vmq = true
vmq_queues = 2
[vm.big]
nic = "port2"
vcpus = 2
vmq = true
vrss = true
mac = "02:00:00:00:00:10"
[work.batch]
on = "vm.big"
load = "10 %"
[traffic.bulk]
to = "vm.web"
rate = "1 Gbps"
[traffic.more]
to = "vm.big"
rate = "1 Gbps"
"#,
);

#[test]
fn the_sound_scenario_is_sound() {
    SOUND.is_sound();
}

#[test]
fn keys_of_queues_and_spreading_are_checked() {
    let vm = |line: &str, phrases: &[&str]| SOUND.change("vmq_queues = 2", line, phrases);
    vm("vmq_queues = 0", &["`vm.web.vmq_queues`", "outside of 1 to 256"]);
    vm("VmmqQueuePairs = 4", &["`VmmqQueuePairs` is `vmq_queues` here"]);
    vm("VmmqEnabled = true", &["`VmmqEnabled` is `vmq_queues` here"]);
    vm("VrssEnabled = true", &["`VrssEnabled` is `vrss` here"]);
    SOUND.change("vrss = true", "vrss = \"on\"", &["`vm.big.vrss`", "true or false"]);
    let spread = |options: &str, phrases: &[&str]| {
        SOUND.change("{ cores = \"1-3\" }", &format!("{{ {options} }}"), phrases);
    };
    spread("rps_cpus = \"e\"", &["`rps_cpus` is `cores` here"]);
    spread("netdev_max_backlog = 1000", &["`netdev_max_backlog` is `backlog` here"]);
    spread("cores = \"1-8\"", &["core 8 of `port2` does not exist", "0 to 7"]);
    spread("backlog = 0", &["`nic.port2.spread.backlog`", "outside of 1 to"]);
    spread("table = 100", &["cannot have 100 entries", "write 128"]);
    spread("key = \"secret\"", &["this is no hash key"]);
    SOUND.change(
        "spread = { cores = \"1-3\" }",
        "rps_cpus = \"e\"",
        &["`rps_cpus` is `spread` here"],
    );
    SOUND.change("cores = 8", "cores = 8\ncost = { ipi = \"1 Gbps\" }", &["`host.alpha.cost.ipi`"]);
}

#[test]
fn what_cannot_spread_says_why() {
    let host = |lines: &str, phrases: &[&str]| {
        SOUND.change("cores = 8", &format!("cores = 8\n{lines}"), phrases);
    };
    let port = "nothing spreads packets on `alpha`";
    let vm = "`big` cannot have virtual RSS here";
    let polls = "a core that polls is not woken by others";
    host("stack = \"busy-poll\"", &[port, vm, polls, "\"linux-napi\""]);
    let own = "the core that a packet interrupts has a backlog of its own";
    host("stack = \"interrupt-per-packet\"", &[port, own, "\"windows-dpc\""]);
    let stops = "stops nothing for an interrupt of another core";
    host("priority = \"non-preemptive\"", &[port, vm, stops, "leave `priority` out"]);
    host("dispatch = \"shared\"", &[port, "any core takes a packet anyway"]);
    SOUND.add(
        "[vnic.mgmt]\nnic = \"port2\"\nvrss = true",
        &["`mgmt` has no vCPUs", "`spread` of its port"],
    );
}

#[test]
fn teams_are_checked() {
    let nics = |list: &str, phrases: &[&str]| {
        SOUND.change("[\"port0\", \"port1\"]", list, phrases);
    };
    nics("\"port0\"", &["`team.uplink.nics`", "[\"port0\", \"port1\"]"]);
    nics("[0, 1]", &["`team.uplink.nics`"]);
    nics("[\"port0\", \"prt1\"]", &["there is no nic \"prt1\"", "did you mean \"port1\"?"]);
    nics("[\"port0\", \"port0\"]", &["\"port0\" cannot be in a team twice", "each port once"]);
    nics("[\"port0\"]", &["a team of 1 is none", "it takes 2 to 32 ports"]);
    let mode =
        |line: &str, phrases: &[&str]| SOUND.change("mode = \"switch-dependent\"", line, phrases);
    mode("mode = \"lacp\"", &["`team.uplink.mode`", "\"switch-dependent\""]);
    mode("balance = \"round-robin\"", &["`team.uplink.balance`", "\"hyperv-port\""]);
    mode("TeamingMode = \"Lacp\"", &["`TeamingMode` is `mode` here"]);
    mode("LoadBalancingAlgorithm = \"HyperVPort\"", &["is `balance` here"]);
    SOUND.add("[team.other]\nnics = [\"port1\", \"port2\"]", &["it belongs to uplink already"]);
    SOUND.add("[team.port2]\nnics = [\"port1\", \"port2\"]", &["\"port2\" has the name of a port"]);
    let named = SOUND.0.replacen("[team.uplink]", "[team.port2]", 1);
    refused(&named, &["the team \"port2\" has the name of a port", "another name"]);
}

#[test]
fn ports_of_a_team_fit_together() {
    let second = "[nic.port1]\npath = \"vmq\"";
    let by = |lines: &str, phrases: &[&str]| SOUND.change(second, lines, phrases);
    let why = "a virtual function bypasses the team";
    by("[nic.port1]\npath = \"sriov\"", &["port1 gives virtual functions", why, "\"vmq\""]);
    let processors = "[nic.port1]\npath = \"vmq\"\nvmq = { base_processor = 2 }";
    let same = "those of port0 and port1 must be the same";
    by(processors, &["other processors", same, "balance = \"hyperv-port\""]);
    let elsewhere = "[host.beta]\n[nic.port1]\nhost = \"beta\"\npath = \"vmq\"";
    let hosts = SOUND
        .0
        .replacen(second, elsewhere, 1)
        .replace("[nic.port0]", "[nic.port0]\nhost = \"alpha\"")
        .replace("[nic.port2]", "[nic.port2]\nhost = \"alpha\"");
    refused(&hosts, &["ports of several hosts", "port0 is of alpha, port1 of beta"]);
}

#[test]
fn cores_to_spread_over_are_processors_and_some() {
    let cores = |list: &str, phrases: &[&str]| {
        SOUND.change("cores = \"1-3\"", &format!("cores = \"{list}\""), phrases);
    };
    cores("", &["`nic.port2.spread.cores` does not take \"\""]);
    cores("f", &["`nic.port2.spread.cores` does not take \"f\""]);
}

#[test]
fn who_names_a_team_or_its_ports_is_told_how() {
    let port = |name: &str, phrases: &[&str]| {
        SOUND.change("nic = \"uplink\"", &format!("nic = \"{name}\""), phrases);
    };
    port("port0", &["cannot be on one port of a team alone", "write nic = \"uplink\""]);
    port("uplnk", &["there is no nic \"uplnk\"", "[nic.uplnk] or [team.uplnk]", "\"uplink\"?"]);
    SOUND.change(
        "nic = \"uplink\"\n",
        "",
        &["does not say which nic it belongs to", "port2, uplink"],
    );
    let to = "[traffic.own]\nto = \"host.alpha\"\nrate = \"1 Gbps\"\nnic = \"uplink\"";
    SOUND.add(to, &["team.uplink brings packets to virtual NICs alone", "[vnic.mgmt]"]);
    let to = "[traffic.own]\nto = \"vm.web\"\nrate = \"1 Gbps\"\nnic = \"port2\"";
    SOUND.add(to, &["`vm.web` is not reached by this port", "virtual switch of uplink"]);
    let to = "[traffic.own]\nto = \"vm.web\"\nrate = \"1 Gbps\"\nnic = \"port3\"";
    SOUND.add(to, &["there is no nic \"port3\""]);
}

#[test]
fn addresses_are_checked() {
    let mac = |line: &str, phrases: &[&str]| {
        SOUND.change("mac = \"02:00:00:00:00:10\"", line, phrases);
    };
    mac("mac = \"02:00:00:00:00\"", &["is no address of a virtual NIC", "six bytes are due"]);
    mac("mac = 20000", &["`vm.big.mac`"]);
    mac("mac = \"03:00:00:00:00:10\"", &["an odd first byte", "the first one even"]);
    mac(
        "count = 2\nmac = \"fe:ff:ff:ff:ff:ff\"",
        &["those that follow it would be addresses of groups"],
    );
    mac("MacAddress = \"02:00:00:00:00:10\"", &["`MacAddress` is `mac` here"]);
    mac("VlanId = 5", &["`VlanId` is `vlan` here"]);
    mac("vlan = 4095", &["outside of 0 to 4094"]);
    let disk = "[vnic.disk]\nvm = \"big\"\nnic = \"port2\"\nmac = \"02:00:00:00:00:10\"\nvlan = 7";
    SOUND.add(
        disk,
        &["`disk` has addresses of others", "vm.big[0] receives such frames too", "another `mac`"],
    );
    let to = "[traffic.own]\nto = \"addresses\"\nrate = \"1 Gbps\"\nnic = \"port2\"";
    SOUND.add(to, &["only a recording has addresses", "add `capture"]);
    let recording = "capture = \"recorded-traffic.pcap.gz\"";
    let play =
        |nic: &str| format!("[traffic.own]\nto = \"addresses\"\n{recording}\nnic = \"{nic}\"");
    SOUND.add(&play("port0"), &["port0 is a port of team.uplink", "take the port out of the team"]);
    let bare = SOUND.0.replacen("mac = \"02:00:00:00:00:10\"\n", "", 1) + &play("port2");
    refused(&bare, &["no virtual NIC of port2 has an address", "add mac = "]);
}

#[test]
fn work_inside_of_vms_and_floating_are_checked() {
    let on = |lines: &str, phrases: &[&str]| SOUND.change("on = \"vm.big\"", lines, phrases);
    on("on = \"vm.bag\"", &["there is no vm \"bag\"", "did you mean \"big\"?"]);
    on("on = \"vm.big[1]\"", &["there is no vm.big[1]", "the group has 1"]);
    on("on = \"vm.big\"\ncores = \"1\"", &["`batch` is inside of a VM", "remove `cores`"]);
    let floats = "nic = \"port2\"\nplacement = \"floating\"";
    SOUND.change("nic = \"port2\"", floats, &["`batch` has no cores to run on", "vm.big float"]);
    let vf = "nic = \"port2\"\nplacement = \"floating\"\nvf = true";
    let functions = SOUND.0.replacen("path = \"vmq\"\nspread", "path = \"sriov\"\nspread", 1);
    let phrases = ["`big` cannot have a virtual function and float", "placement = \"pinned\""];
    refused(&functions.replacen("nic = \"port2\"", vf, 1), &phrases);
}
