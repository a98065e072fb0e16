//! Each mistake has a message that says where it is and what to write instead.

use crate::fixtures::scenario_text::{Sound, mistakes, refused};
use rxsim::scenario::Source;
use rxsim::scenario::load;
use rxsim::scenario::text::diagnostic::render;
use rxsim::scenario::text::library;

/// A sound scenario; each case changes one line of it.
const SOUND: Sound = Sound(
    r#"duration = "10 ms"
[host.alpha]
cores = 4
costs = "hyperv-2012"
[nic.port0]
model = "intel-82599"
path = "rss"
rss = { queues = 4 }
[traffic.bulk]
to = "host.alpha"
rate = "1 Gbps"
"#,
);

#[test]
fn the_sound_scenario_is_sound() {
    let source = Source { name: "bad.toml".into(), text: SOUND.0.into(), dir: "".into() };
    assert!(load(&source, &[]).is_ok());
}

#[test]
fn typing_errors_in_keys_name_the_nearest_key() {
    SOUND.change("path =", "paht =", &["`nic.port0.paht`", "did you mean `path`?", "bad.toml:7:1"]);
    SOUND.change("queues = 4", "queue = 4", &["did you mean `queues`?"]);
    SOUND.change(
        "[nic.port0]",
        "[nics.port0]",
        &["`nics`", "did you mean `nic`?", "`nic` is missing"],
    );
    SOUND.change("duration", "Duration", &["`Duration` is `duration` here"]);
    SOUND.add("frame_size = 1", &["`traffic.bulk.frame_size`", "frame"]);
    SOUND.add("xyzzy = 1", &["the keys here are to, nic, rate, frame"]);
}

#[test]
fn names_of_windows_and_ethtool_lead_to_ours() {
    for (theirs, ours) in [
        ("NumberOfReceiveQueues", "queues"),
        ("*NumRSSQueues", "queues"),
        ("BaseProcessorNumber", "base_processor"),
        ("MaxProcessors", "max_processors"),
    ] {
        let by = format!("{{ \"{theirs}\" = 4 }}");
        SOUND.change("{ queues = 4 }", &by, &[&format!("`{theirs}` is `{ours}` here")]);
    }
    SOUND.change("path =", "\"-G rx\" = 512\npath =", &["`-G rx` is `ring` here"]);
    SOUND.change("path =", "rx-usecs = 50\npath =", &["`interval` under [nic.NAME.moderation]"]);
    SOUND.change(
        "path =",
        "adaptive-rx = true\npath =",
        &["`algorithm` under [nic.NAME.moderation]"],
    );
    SOUND.change("path =", "\"*NumRSSQueues\" = 4\npath =", &["`queues` under [nic.NAME.rss]"]);
}

#[test]
fn a_message_has_file_line_caret_reason_and_fix() {
    let text = SOUND.0.replacen("queues = 4", "queues = 32", 1);
    let expected = r#"error: 32 queues are more than intel-82599 has
 --> bad.toml:8:18
  |
8 | rss = { queues = 32 }
  |                  ^^ its RSS has at most 16 queues
  |
  = help: write queues = 16, or model = "ideal""#;
    assert_eq!(mistakes(&text, &[]), expected);
}

#[test]
fn a_bare_number_is_shown_its_right_spelling() {
    SOUND.change(
        "\"1 Gbps\"",
        "1",
        &["says no unit", "write \"1 Gbps\" or \"1 kpps\" or \"line\""],
    );
    SOUND.change("\"1 Gbps\"", "1.5", &["write \"1.5 Gbps\""]);
    SOUND.change("\"1 Gbps\"", "\"1\"", &["the unit is missing", "write \"1 Gbps\""]);
    SOUND.change("\"10 ms\"", "10", &["says no unit", "ps, ns, us, ms or s"]);
    SOUND.add("frame = 1518", &["write \"1518 B\""]);
    SOUND.change("cores = 4", "clock = 2.66", &["write \"2.66 GHz\""]);
    SOUND.change("cores = 4", "cost = { packet = 9200 }", &["\"9200 us\" or \"9200 cycles\""]);
    SOUND.add("[work.a]\non = \"host.alpha\"\nload = 30", &["write \"30 %\""]);
    SOUND.add("[work.a]\non = \"host.alpha\"\nload = \"30 %\"\ncores = 2", &["write \"2\""]);
}

#[test]
fn a_unit_in_the_wrong_case_shows_both_readings() {
    SOUND.change("1 Gbps", "1 gb/s", &["`gb/s`", "\"1 Gbps\" if bits", "\"8 Gbps\" if bytes"]);
    SOUND.change("1 Gbps", "1 mbps", &["\"1 Mbps\" if bits", "\"8 Mbps\" if bytes"]);
    SOUND.change("1 Gbps", "1 GB/s", &["\"1 Gbps\" if bits", "\"8 Gbps\" if bytes"]);
    SOUND.change("1 Gbps", "1 us", &["`us` is no unit here", "kpps"]);
    SOUND.change("10 ms", "10 MS", &["write \"10 ms\""]);
    SOUND.change("10 ms", "10 msec", &["write \"10 ms\""]);
    SOUND.change("10 ms", "10 \u{b5}s", &["write \"10 us\""]);
    SOUND.add("frame = \"1.5 KB\"", &["\"1.5 KiB\" if powers of 1024", "\"1500 B\""]);
}

#[test]
fn absurd_values_are_refused() {
    SOUND.change("10 ms", "-10 ms", &["below zero"]);
    SOUND.change("10 ms", "0 s", &["write a time above 0"]);
    SOUND.change("10 ms", "31536000000 s", &["longer than the clock", "53 days"]);
    SOUND.change("10 ms", "inf s", &["write a number and a unit"]);
    SOUND.change("10 ms", "nan s", &["write a number and a unit"]);
    SOUND.change("10 ms", "1e999 s", &["beyond every measure"]);
    SOUND.change(
        "10 ms",
        "4000000 s\"\nwarmup = \"4000000 s",
        &["together are longer than the clock"],
    );
    SOUND.change("1 Gbps", "0 Gbps", &["a rate above 0"]);
    SOUND.change("1 Gbps", "1e17 Gbps", &["more than any link carries"]);
    SOUND.change("1 Gbps", "0.000000000001 pps", &["no usable gap"]);
    SOUND.change("cores = 4", "cores = 0", &["outside of 1 to 1024", "write 1"]);
    SOUND.change("cores = 4", "cores = 1000000000", &["write 1024"]);
    SOUND.change("cores = 4", "cores = -1", &["outside of 1 to 1024"]);
    SOUND.change(
        "cores = 4",
        "cores = 99999999999999999999999999999999999999999",
        &["so large a number"],
    );
    SOUND.change("cores = 4", "cores = 4.0", &["a whole number is due", "without a point"]);
    SOUND.change("cores = 4", "cores = \"4\"", &["without quotes"]);
    SOUND.change("cores = 4", "cores = 2026-01-01", &["does not take a date"]);
    SOUND.change("cores = 4", "clock = \"1 Hz\"", &["\"1 MHz\" to \"100 GHz\""]);
    SOUND.change("cores = 4", "contention = inf", &["outside of 0 to 10"]);
    SOUND.change("cores = 4", "cost = { packet = \"2 s\" }", &["at most \"1 s\""]);
    SOUND.change("cores = 4", "cores = 4\nnuma_nodes = 3", &["cannot share 4 cores evenly"]);
    SOUND.add("frame = \"63 B\"", &["outside of 64 B to 65539 B", "write \"64 B\""]);
    SOUND.add("frame = \"9729 B\"", &["its largest frame has 9728 B"]);
    SOUND.add("frame = []", &["does not take a list"]);
    SOUND.add("flows = 0", &["outside of 1 to 16777216"]);
    SOUND.add("popularity = { zipf = nan }", &["outside of 0 to 20"]);
    SOUND.set("replications", "100001", &["outside of 1 to 100000"]);
    SOUND.set("seed", "-1", &["outside of 0 to 18446744073709551615"]);
}

#[test]
fn the_limits_of_the_nic_are_kept() {
    SOUND.change("queues = 4", "queues = 0", &["outside of 1 to 32768"]);
    SOUND.change(
        "queues = 4",
        "queues = 17",
        &["its RSS has at most 16 queues", "write queues = 16"],
    );
    SOUND.change("queues = 4", "table = 100", &["a power of two is due", "write 128"]);
    SOUND.change("queues = 4", "table = 256", &["its indirection table has 128 entries"]);
    SOUND.change("queues = 4", "key = \"6d5a\"", &["40 bytes", "\"microsoft\", \"symmetric\""]);
    SOUND.change("queues = 4", "hash = [\"ipv5\"]", &["did you mean \"ipv4\"?"]);
    SOUND.change(
        "queues = 4",
        "base_processor = 4",
        &["numbered 0 to 3", "base_processor = 0 to 3"],
    );
    SOUND.change("path =", "ring = 32\npath =", &["it takes 64 to 4096", "write ring = 64"]);
    SOUND.change("path =", "pcie = { lanes = 3 }\npath =", &["write 1, 2, 4, 8, 12, 16 or 32"]);
    SOUND.change("path =", "pcie = { max_payload = 300 }\npath =", &["a power of two is due"]);
    SOUND.change("\"rss\"", "\"single-queue\"\ncore = 4", &["has no core 4", "core = 0 to 3"]);
    let throttle = "moderation = { policy = \"throttle\", interval = \"2 ms\" }\npath =";
    SOUND.change("path =", throttle, &["its longest interval is 1.046 ms", "at most \"1.046 ms\""]);
    SOUND.change(
        "path =",
        "moderation = { policy = \"timer\" }\npath =",
        &["add `interval = \"50 us\"`"],
    );
    let count = "moderation = { policy = \"timer-or-count\", interval = \"50 us\" }\npath =";
    SOUND.change("path =", count, &["add `frames = 32`"]);
    SOUND.change(
        "path =",
        "moderation = { policy = \"adaptive\" }\npath =",
        &["algorithm = \"net-dim\""],
    );
    SOUND.change("path =", "moderation = \"off\"\npath =", &["allowed: \"none\", or a table"]);
}

#[test]
fn what_cannot_be_combined_says_why() {
    let both = ["path = \"rss\"\nrss = { queues = 4 }", "path = \"vmq\"\nrss = { enabled = true }"];
    SOUND.change(
        both[0],
        both[1],
        &["RSS and VMQ exclude each other", "cannot be enabled while VMQ"],
    );
    let sriov = "path = \"sriov\"\nrss = { enabled = true }";
    SOUND.change(both[0], sriov, &["RSS and SR-IOV", "choose path = \"rss\""]);
    let many = "path = \"sriov\"\nsriov = { vfs = 64 }";
    SOUND.change(both[0], many, &["it has 63", "write vfs = 63"]);
    let none = "path = \"sriov\"";
    let older = SOUND.0.replacen("82599", "82598", 1).replacen(both[0], none, 1);
    refused(&older, &["intel-82598 has no virtual functions"]);
    SOUND.change(
        "cores = 4",
        "stack = \"busy-poll\"\ncost = { round = \"0 s\" }",
        &["and it is zero"],
    );
    SOUND.change(
        "cores = 4",
        "stack = { kind = \"windows-dpc\", hz = 250 }",
        &["linux-napi alone"],
    );
    SOUND.change("\"1 Gbps\"", "\"line\"\narrivals = \"poisson\"", &["leaves no room for chance"]);
    let ideal = SOUND.0.replacen("intel-82599", "ideal", 1).replacen("1 Gbps", "line", 1);
    refused(&ideal, &["an unlimited link has no line rate", "link = \"10 Gbps\""]);
    SOUND.change("rate = \"1 Gbps\"", "", &["has no rate", "rate = \"1 Gbps\""]);
    SOUND.add("arrivals = \"on-off\"", &["add `on_off = { on = \"1 ms\", off = \"9 ms\" }`"]);
    SOUND.add("arrivals = \"burst\"", &["add `burst = { packets = 1000, every = \"1 s\" }`"]);
    let two = "burst = { packets = 1, every = \"1 s\" }\non_off = { on = \"1 s\", off = \"1 s\" }";
    SOUND.add(two, &["two kinds of arrivals"]);
    SOUND.change(
        "cores = 4",
        "cost = { packet = { distribution = \"exponential\" } }",
        &["needs `mean`"],
    );
    let spread = "cost = { packet = { mean = \"1 us\", distribution = \"lognormal\" } }";
    SOUND.change("cores = 4", spread, &["needs `cv`", "cv = 0.5"]);
    let backwards =
        "cost = { packet = { distribution = \"uniform\", min = \"2 us\", max = \"1 us\" } }";
    SOUND.change("cores = 4", backwards, &["above the greatest", "min = \"1 us\""]);
    let gauss = "cost = { packet = { mean = \"1 us\", distribution = \"gauss\" } }";
    SOUND.change("cores = 4", gauss, &["\"exponential\", \"lognormal\""]);
}

#[test]
fn names_that_lead_nowhere_list_those_that_exist() {
    SOUND.change("host.alpha\"", "host.alpa\"", &["no host \"alpa\"", "did you mean \"alpha\"?"]);
    SOUND.change("to = \"host.alpha\"", "to = \"alpha\"", &["goes nowhere", "\"host.alpha\""]);
    SOUND.change("to = \"host.alpha\"", "to = \"vm.web\"", &["add a table `[vm.NAME]` first"]);
    SOUND.change("to = \"host.alpha\"", "to = \"app.db\"", &["no app \"db\""]);
    SOUND.change("to = \"host.alpha\"", "to = \"host.alpha[0]\"", &["no host"]);
    SOUND.change("model =", "host = \"beta\"\nmodel =", &["no host \"beta\"", "there are: alpha"]);
    SOUND.change(
        "[nic.port0]",
        "[host.beta]\n[nic.port0]",
        &["does not say which host", "alpha, beta"],
    );
    SOUND.change("intel-82599", "intel-82579", &["did you mean \"intel-82599\"?"]);
    SOUND.change("hyperv-2012", "hyperv-2021", &["did you mean \"hyperv-2012\"?", "\"dpdk\""]);
    SOUND.add("[work.a]\non = \"alpha\"\nload = \"30 %\"", &["\"host.NAME\" or \"vm.NAME\""]);
    let cores = "[work.a]\non = \"host.alpha\"\nload = \"30 %\"\ncores = \"2-999999999\"";
    SOUND.add(cores, &["core 999999999", "the cores 0 to 3"]);
    SOUND.add("[app.db]\ncore = 4", &["has no core 4"]);
    SOUND.add("[vm.web]\nnic = \"port1\"", &["no nic \"port1\"", "port0"]);
    SOUND.add("[vm.web]\ncores = \"4-7\"", &["core 7", "0 to 3"]);
    SOUND.add("[vnic.a]\nvm = \"web\"", &["no vm \"web\""]);
    let drop = "[[nic.port0.filter]]\nmatch = { traffic = \"flood\" }\naction = \"drop\"";
    SOUND.add(drop, &["no traffic \"flood\"", "there are: bulk"]);
    let pin = "[[nic.port0.filter]]\nmatch = { traffic = \"bulk\" }\naction = \"pin\"";
    SOUND.add(pin, &["needs a queue"]);
    SOUND.add(&format!("{pin}\nqueue = 4"), &["the queues 0 to 3"]);
    SOUND.add(&format!("{pin}\nqueue = 1\nat = \"driver\""), &["only the NIC can pin"]);
    let migrate = "[[event]]\nat = \"1 ms\"\naction = \"live-migrate\"\nvm = \"web[3]\"";
    SOUND.add(migrate, &["this event needs `to`", "no vm \"web\""]);
    SOUND.add("keys = { src = \"10.0.0.9-10.0.0.1\" }", &["no range of IPv4 addresses"]);
    SOUND.add("keys = { sport = 70000 }", &["from 0 to 65535"]);
}

/// Adds a group of VMs with further lines to the sound scenario and looks for phrases.
fn vm(lines: &str, phrases: &[&str]) {
    SOUND.add(&format!("[vm.web]\ncount = 4\n{lines}"), phrases);
}

/// Gives the port of the sound scenario VMQ with these options and looks for phrases.
fn vmq(options: &str, phrases: &[&str]) {
    SOUND.change("path = \"rss\"", &format!("path = \"vmq\"\nvmq = {{ {options} }}"), phrases);
}

#[test]
fn keys_of_virtual_machines_are_checked() {
    vm("vcpu = 2", &["`vm.web.vcpu`", "did you mean `vcpus`?"]);
    vm("VmqWeight = 100", &["`VmqWeight` is `vmq` here"]);
    vm("IovWeight = 100", &["`IovWeight` is `vf_weight` here"]);
    vm("vmq = 100", &["`vm.web.vmq`", "true or false"]);
    vm("vcpus = 0", &["outside of 1 to 1024"]);
    vm("channel = 0", &["outside of 1 to 1048576"]);
    vm("cores = \"all\"", &["`vm.web.cores`", "0,2,4-7"]);
    vm("cores = \"2-4\"", &["core 4", "the cores 0 to 3"]);
    vm("placement = \"float\"", &["\"pinned\" or \"floating\""]);
    SOUND.add("[vm.web]\ncount = 0", &["outside of 1 to 4096"]);
    SOUND.add("[vm.web]\ncount = 5000", &["write 4096"]);
    SOUND.add("[vnic.storage]\ncount = 4", &["`vnic.storage.count`", "under [vm.NAME]"]);
    SOUND.add(
        "[vnic.storage]\nvm = \"web[0]\"\n[vm.web]",
        &["one VM of a group alone", "write vm = \"web\""],
    );
}

#[test]
fn options_of_vmq_are_checked() {
    vmq("queues = 0", &["outside of 1 to 4097"]);
    vmq("queues = 65", &["65 queues are more than intel-82599", "it has 64", "queues = 64"]);
    vmq("NumQueues = 4", &["`NumQueues` is `queues` here"]);
    vmq("BelowTenGigVmqEnabled = 1", &["`BelowTenGigVmqEnabled` is `below_10g` here"]);
    vmq("base_processor = 4", &["has no processor 4", "base_processor = 0 to 3"]);
    vmq("max_processors = 0", &["outside of 1 to 2048"]);
    vmq("shared_interrupts = \"yes\"", &["true or false"]);
    vmq("copy = \"host_buffer\"", &["did you mean \"host-buffer\"?"]);
    vmq("copy = \"none\"", &["\"host-buffer\" or \"shared-memory\""]);
    vmq("rebalance = \"dynamic\"", &["\"fixed\", \"dynamic-vmq\""]);
    vmq("rebalance = { interval = \"1 ms\" }", &["`nic.port0.vmq.rebalance.policy` is missing"]);
    SOUND.set("nic.port0.vmq.queues", "many", &["--set", "a whole number is due"]);
}

#[test]
fn flow_control_needs_a_link_a_buffer_and_marks_within_it() {
    let pause = |rest: &str, phrases: &[&str]| {
        let text = SOUND.0.replacen("model = \"intel-82599\"", rest, 1);
        assert_ne!(text, SOUND.0);
        refused(&text, phrases);
    };
    let both = ["`port0` has no link that could pause", "`port0` never asks for a pause"];
    pause("flow_control = \"pause\"", &both);
    pause("flow_control = \"on\"", &["\"none\" or \"pause\""]);
    let marks = |marks: &str, phrases: &[&str]| {
        pause(&format!("model = \"intel-82599\"\nflow_control = {marks}"), phrases);
    };
    marks("{ high = \"513 KiB\" }", &["cannot begin or end", "the buffer holds 524288 B"]);
    marks("{ low = \"400 KiB\" }", &["begins at 393216 B and ends at 409600 B", "`low` below"]);
    marks("{ high = \"1 KiB\", low = \"1 KiB\" }", &["cannot begin or end"]);
    marks("{ top = \"1 KiB\" }", &["`nic.port0.flow_control.top` is no key"]);
}

#[test]
fn traffic_to_virtual_machines_names_what_exists() {
    let to = |to: &str, more: &str, phrases: &[&str]| {
        let text = SOUND.0.replacen("to = \"host.alpha\"", &format!("to = \"{to}\"\n{more}"), 1);
        let rest = "[vm.web]\ncount = 4\nnic = \"port0\"\n[vnic.mgmt]\nnic = \"port0\"\n\
                    [nic.port1]\nhost = \"alpha\"\n";
        refused(&format!("{text}{rest}"), phrases);
    };
    to("vm.wbe", "", &["no vm \"wbe\"", "did you mean \"web\"?"]);
    to("web", "", &["goes nowhere", "\"vm.NAME\""]);
    to("vm.web[4]", "", &["there is no vm.web[4]", "\"vm.web[0]\" to \"vm.web[3]\""]);
    to("vm.web[x]", "", &["no vm \"web[x]\""]);
    to("vnic.mgmt[0]", "", &["`vnic.mgmt` has no instances", "to = \"vnic.mgmt\""]);
    to("broadcast", "", &["does not say which nic", "port0, port1"]);
    to(
        "broadcast",
        "nic = \"port1\"",
        &["nobody gets the broadcasts of \"bulk\"", "virtual switch of port1", "nic = \"port1\""],
    );
    to("vnic.storage", "", &["no vnic \"storage\"", "there are: mgmt"]);
    let port = "nic = \"port1\"";
    to("vm.web", port, &["`vm.web` is not reached by this port", "the virtual switch of port0"]);
    to("vm.web", "nic = \"port7\"", &["no nic \"port7\"", "port0, port1"]);
}

#[test]
fn virtual_machines_stay_on_their_host_and_within_bounds() {
    let two = "[host.beta]\n[nic.port1]\nhost = \"beta\"\n[vm.web]\nnic = \"port0\"\n";
    let text = SOUND.0.replacen("[nic.port0]", "[nic.port0]\nhost = \"alpha\"", 1);
    let across = format!("{text}{two}[vnic.storage]\nvm = \"web\"\nnic = \"port1\"\n");
    refused(&across, &["the VMs of \"web\" cannot reach port1", "on alpha", "port of alpha"]);
    let which = format!("{text}{}", two.replace("nic = \"port0\"\n", ""));
    refused(&which, &["does not say which nic", "port0, port1"]);
    let many = "[vm.a]\ncount = 4000\n[vm.b]\ncount = 97";
    SOUND.add(many, &["with \"b\" there are 4097 virtual machines", "the bound is 4096 in all"]);
    SOUND.add("[vm.a]\ncount = 4096\nvcpus = 17", &["69632 vCPUs", "the bound is 65536"]);
    let nics = numbered(16, |n| format!("[vnic.n{n}]\nvm = \"a\""));
    SOUND.add(&format!("[vm.a]\ncount = 4096\n{nics}"), &["69632 virtual NICs", "65536"]);
    let sources = numbered(17, |n| format!("[traffic.t{n}]\nto = \"vm.a\"\nrate = \"1 kpps\""));
    SOUND.add(&format!("[vm.a]\ncount = 4096\n{sources}"), &["too many sources", "\"vm.NAME[0]\""]);
}

#[test]
fn cores_share_packets_only_where_nothing_else_is_theirs() {
    let host = |keys: &str, phrases: &[&str]| SOUND.change("cores = 4", keys, phrases);
    host("dispatch = \"jbsq\"", &["`host.alpha.dispatch`", "\"work-stealing\"", "jbsq"]);
    host("dispatch = { jbsq = 0 }", &["`host.alpha.dispatch.jbsq` does not take 0"]);
    host("dispatch = { jsq = 2 }", &["did you mean `jbsq`?"]);
    host("dispatch = {}", &["`host.alpha.dispatch.jbsq` is missing"]);
    let shared = "dispatch = \"shared\"";
    for stack in ["linux-napi", "interrupt-per-packet"] {
        host(
            &format!("{shared}\nstack = \"{stack}\""),
            &[&format!("cores under {stack} cannot share"), "write stack = \"windows-dpc\""],
        );
    }
    host(&format!("{shared}\nsmt = 2"), &["siblings cannot share packets", "write smt = 1"]);
    let text = SOUND.0.replacen("cores = 4", shared, 1);
    for (lines, whose) in [
        ("[app.db]", "app.db"),
        ("[work.w]\non = \"host.alpha\"\nload = \"3 %\"", "work.w"),
        ("[vm.web]\ncount = 2", "vm.web"),
        ("[vnic.own]", "vnic.own"),
    ] {
        let (has, remove) = (format!("`{whose}` has no place"), format!("remove `[{whose}]`"));
        refused(&format!("{text}{lines}\n"), &[&has, &remove, "leave `dispatch` out"]);
    }
    let moderated =
        text.replace("path =", "moderation = { policy = \"timer\", interval = \"9 us\" }\npath =");
    refused(&moderated, &["not moderated where cores share", "moderation = \"none\""]);
}

#[test]
fn not_every_stack_can_be_non_preemptive() {
    let host = |keys: &str, phrases: &[&str]| SOUND.change("cores = 4", keys, phrases);
    host("priority = \"none\"", &["\"preemptive\" or \"non-preemptive\""]);
    host("priority = 3", &["`host.alpha.priority`", "preemptive"]);
    let stack = |stack: &str| format!("priority = \"non-preemptive\"\nstack = \"{stack}\"");
    host(&stack("linux-napi"), &["linux-napi is not non-preemptive", "softirqs"]);
    host(&stack("busy-poll"), &["busy-poll is not non-preemptive", "leave `priority` out"]);
}

#[test]
fn costs_of_switch_and_guest_are_checked() {
    let cost = |cost: &str, phrases: &[&str]| {
        SOUND.change("cores = 4", &format!("cost = {{ {cost} }}"), phrases);
    };
    cost("vswitch_lokup = \"1 us\"", &["did you mean `vswitch_lookup`?"]);
    cost("vswitch_copy = 0.2", &["\"0.2 us\" or \"0.2 cycles\""]);
    cost("vm_notify = 1", &["write \"1 us\""]);
    cost("guest_preempt = \"-1 us\"", &["below zero"]);
    let chance = "vm_notify = { mean = \"1 us\", distribution = \"exponential\" }";
    cost(chance, &["`host.alpha.cost.vm_notify`", "write a string, such as \"1 us\""]);
}

#[test]
fn expectations_and_sweeps_are_checked() {
    SOUND.add("[[expect]]\nmetric = \"loss\"\ndesign = \"x\"\nmin = 0", &["no design \"x\""]);
    SOUND.add("[[expect]]\nmetric = \"loss\"\nmin = nan", &["write a finite number"]);
    SOUND.add(
        "[[expect]]\nmetric = \"loss\"",
        &["claims nothing", "`min`, `max` or both, or `equals`"],
    );
    SOUND.add("[[expect]]\nmetric = \"loss\"\nmin = 2\nmax = 1", &["`min` is above `max`"]);
    SOUND.add("[[expect]]\nmin = 2", &["`expect[0].metric` is missing"]);
    SOUND.add("[expect]\nmetric = \"loss\"", &["`expect`"]);
    SOUND.add("[sweep]\n\"nic.port0.rss.queus\" = [1]", &["sweep", "did you mean `queues`?"]);
    SOUND.add("[sweep]\n\"nic.port0.ring\" = 5", &["write a list, such as [1, 2, 4, 8]"]);
    SOUND.add("[sweep]\n\"nic.port0.ring\" = []", &["the list is empty"]);
    SOUND.add("[sweep]\n\"traffic.bulk.rate\" = [\"1 Gbps\", 5]", &["write \"5 Gbps\""]);
}

#[test]
fn overlays_create_nothing_and_are_named() {
    SOUND.set(
        "host.beta.cores",
        "3",
        &["--set", "would create `host.beta`", "the file has: alpha"],
    );
    SOUND.set("nic.port1.ring", "512", &["did you mean `nic.port0`?"]);
    SOUND.set("vm.web.count", "3", &["--set", "would create `vm.web`"]);
    SOUND.set("traffic.bluk.rate", "1 Gbps", &["did you mean `traffic.bulk`?"]);
    SOUND.set("nic.port0.rss.queues", "17", &["--set:1:22", "at most 16 queues"]);
    SOUND.set("nic.port0.link", "10", &["write \"10 Gbps\""]);
    SOUND.set("nic.port0.rss.NumberOfReceiveQueues", "4", &["is `queues` here"]);
    SOUND.set("nic.port0", "10", &["a key of one nic is due", "nic.port0.ring"]);
    SOUND.set("nic.port0.ring.size", "10", &["`ring` has no keys of its own"]);
    SOUND.set("foo", "10", &["--set: `foo` is no key"]);
    SOUND.set("", "10", &["--set"]);
    SOUND.set("design.x", "10", &["cannot be set by a dotted key"]);
    SOUND
        .add("[design.x]\n\"nic.port1.path\" = \"rss\"", &["design x", "would create `nic.port1`"]);
    SOUND.add("[design.x]\nnic.port0.ring = 5000", &["it takes 64 to 4096"]);
    SOUND.add("[design]\nx = 3", &["`[design.rss]`"]);
}

#[test]
fn all_mistakes_are_shown_at_once_in_the_order_of_the_text() {
    let text = SOUND
        .0
        .replacen("\"10 ms\"", "10", 1)
        .replacen("cores = 4", "coers = 4", 1)
        .replacen("queues = 4", "queues = 17", 1)
        .replacen("1 Gbps", "1 gbps", 1);
    let message = mistakes(&text, &[("nic.port9.ring", "1")]);
    let marks = ["bad.toml:1:", "bad.toml:3:", "bad.toml:8:", "bad.toml:11:", "--set:1:1"];
    let found: Vec<_> = marks.iter().map(|mark| message.find(mark)).collect();
    assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{message}");
    assert_eq!(message.matches("error:").count(), marks.len(), "{message}");
}

#[test]
fn texts_that_are_no_scenario_are_refused() {
    refused("", &["bad.toml is empty", "rxsim show"]);
    refused("# nothing\n", &["is empty"]);
    refused("duration = ", &["this is no TOML", "`key = value`"]);
    refused("a = 1\u{0}", &["this is no TOML"]);
    SOUND.add("rate = \"2 Gbps\"", &["a key is given twice", "bad.toml:12:1"]);
    SOUND.add("[nic.port0]", &["a key is given twice"]);
    SOUND.change("[traffic.bulk]", "[traffic]", &["`[traffic.bulk]`", "holds tables with names"]);
    SOUND.change("[host.alpha]", "[host.\"a.b\"]", &["`host.a.b` is no name"]);
    SOUND.change("{ queues = 4 }", "4", &["a table is due", "enabled, queues"]);
    refused("[host]\n[nic]\n[traffic]", &["`host` is missing", "add a table `[host.alpha]`"]);
}

/// So many lines.
fn numbered(lines: u32, line: impl Fn(u32) -> String) -> String {
    (0..lines).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_monstrous_text_is_refused_quickly() {
    refused(&format!("{} = 1", "k".repeat(5 << 20)), &["too long for a scenario", "1 MiB"]);
    refused(&format!("{} = 1", "k".repeat(900_000)), &["kkk..."]);
    refused(&"[".repeat(500_000), &["this is no TOML"]);
    refused(&format!("a = {}", "[".repeat(500_000)), &["nested too deep", "the bound is 64"]);
    refused(&format!("a = {}1{}", "[".repeat(70), "]".repeat(70)), &["nested too deep"]);
    refused(&format!("{} = 1", vec!["a"; 400_000].join(".")), &["nested too deep"]);
    refused(&format!("a = {}", "{a = ".repeat(100_000)), &["nested too deep"]);
    let hosts = numbered(2_000, |host| format!("[host.h{host}]"));
    SOUND.add(&hosts, &["`host` has too many entries", "the bound is 1024"]);
    let designs = numbered(300, |design| format!("[design.d{design}]"));
    SOUND.add(&designs, &["`design` has too many entries", "the bound is 256"]);
    let keys = numbered(50_000, |key| format!("key{key} = 1"));
    SOUND.add(&keys, &["error: and 450 more"]);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let message = |name: &str| render(&[library::open(name).expect_err(name)], false);
    let directory = std::env::temp_dir();
    assert!(message(directory.to_str().expect("a path")).contains("is a directory"));
    assert!(message("single-core-celing").contains("did you mean `single-core-ceiling`?"));
    assert!(message("nothing.toml").contains("`rxsim list` names those"));
    let written = |name: &str, bytes: &[u8]| {
        let path = directory.join(format!("rxsim-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("a writable directory");
        let message =
            library::open(path.to_str().expect("a path")).map_err(|d| render(&[d], false));
        std::fs::remove_file(path).expect("just written");
        message
    };
    assert!(written("binary", &[0xff; 100]).is_err_and(|text| text.contains("is not UTF-8")));
    assert!(written("long", &vec![b'#'; 2 << 20]).is_err_and(|text| text.contains("1 MiB")));
    assert!(written("empty", b"").is_ok_and(|source| source.text.is_empty()));
}

#[test]
fn recordings_that_cannot_be_played_are_named() {
    let capture =
        |value: &str| SOUND.0.replacen("rate = \"1 Gbps\"", &format!("capture = {value}"), 1);
    refused(&capture("\"nothing.pcap\""), &["\"nothing.pcap\" cannot be played", "whole pcap"]);
    refused(&capture("\".\""), &["is a directory"]);
    refused(&capture("\"main.rs\""), &["\"main.rs\" cannot be played"]);
    refused(&capture("7"), &["write \"7\" in quotes"]);
    refused(&capture("\"a.pcap\"\nspeed = 0"), &["`traffic.bulk.speed` does not take 0"]);
    SOUND.change(
        "rate = \"1 Gbps\"",
        "arrivals = \"capture\"",
        &["add `capture = \"trace.pcapng\"`"],
    );
    let path = std::env::temp_dir().join(format!("rxsim-{}-half.pcap", std::process::id()));
    let mut half =
        vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0];
    half.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 60, 0, 0, 0, 1, 2, 3]);
    std::fs::write(&path, half).expect("a writable directory");
    refused(
        &capture(&format!("{:?}", path.display().to_string())),
        &["cannot be played", "packet 1"],
    );
    std::fs::remove_file(path).expect("just written");
}

/// Whatever is cut, doubled or garbled: an answer, never a panic.
#[test]
fn garbled_scenarios_never_panic() {
    let example = include_str!("../good/everything.toml");
    let garbage = ["", "\"", "9", "-", "[", "]", "{", ".", "=", "\n", "\u{e9}", "#", "0x", "e9"];
    for (round, at) in (0..example.len()).step_by(29).enumerate() {
        if !example.is_char_boundary(at) || !example.is_char_boundary(at + 1) {
            continue;
        }
        let garbled =
            format!("{}{}{}", &example[..at], garbage[round % garbage.len()], &example[at + 1..]);
        let source = Source { name: "garbled.toml".into(), text: garbled, dir: "".into() };
        match load(&source, &[]) {
            Ok(loaded) => drop(loaded.plan(None)),
            Err(wrong) => assert!(render(&wrong, round % 2 == 0).contains("garbled.toml")),
        }
    }
}
