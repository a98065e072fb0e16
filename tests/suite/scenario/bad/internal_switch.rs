//! Mistakes in what a file says of traffic between virtual machines.

use crate::fixtures::scenario_text::{Sound, refused};

/// A sound scenario with such traffic; each case changes one line of it.
const SOUND: Sound = Sound(
    r#"duration = "10 ms"
[host.alpha]
cores = 8
costs = "hyperv-2012"
[nic.port0]
model = "intel-82599"
path = "sriov"
[nic.port1]
model = "intel-82599"
path = "sriov"
[vm.web]
count = 3
nic = "port0"
vf = true
[vm.far]
nic = "port1"
vf = true
[vm.plain]
count = 2
nic = "port0"
vf = false
[traffic.copy]
sender = "vm.web[0]"
to = "vm.web[1]"
rate = "1 Gbps"
"#,
);

#[test]
fn the_sound_scenario_is_sound() {
    let inside = |text: &str| {
        let plan = crate::fixtures::scenario_text::plan(text);
        plan.world.sources.iter().map(|source| source.by_internal_switch).collect::<Vec<bool>>()
    };
    assert_eq!(inside(SOUND.0), [true]);
    let one_has_a_function = [
        SOUND.0.replace("to = \"vm.web[1]\"", "to = \"vm.plain\""),
        SOUND.0.replace("sender = \"vm.web[0]\"", "sender = \"vm.plain[1]\""),
    ];
    assert_eq!(one_has_a_function.map(|text| inside(&text)), [vec![true; 2], vec![true]]);
    assert_eq!(inside(&SOUND.0.replace("sender = \"vm.web[0]\"\n", "")), [false]);
}

#[test]
fn a_sender_is_one_virtual_nic() {
    let sender = |name: &str, phrases: &[&str]| {
        SOUND.change("sender = \"vm.web[0]\"", &format!("sender = \"{name}\""), phrases);
    };
    sender("vm.wbe[0]", &["there is no vm \"wbe\"", "did you mean \"web\"?"]);
    sender("vm.web[3]", &["there is no vm.web[3]", "the group has 3", "vm.web[2]"]);
    sender("vm.web", &["vm.web is more than one sender", "the group has 3", "\"vm.web[0]\""]);
    sender("host.alpha", &["nobody sends traffic \"copy\"", "no virtual NIC", "vnic.NAME[0]"]);
    sender("vnic.web[0]", &["there is no vnic \"web\""]);
    SOUND.change("sender = \"vm.web[0]\"", "sender = 1", &["`traffic.copy.sender`"]);
    SOUND.change("sender = ", "from_vm = ", &["`traffic.copy.from_vm`"]);
}

#[test]
fn the_nic_forwards_between_virtual_nics_behind_it_with_a_function() {
    let to = |name: &str, phrases: &[&str]| {
        SOUND.change("to = \"vm.web[1]\"", &format!("to = \"{name}\""), phrases);
    };
    let nothing = "the NIC forwards nothing of vm.web[0] here";
    to("vm.far", &[nothing, "vm.far[0] is behind port1, and vm.web[0] behind port0"]);
    to("vm.web", &[nothing, "no switch sends a packet back", "name others"]);
    to("vm.web[0]", &[nothing, "no switch sends a packet back"]);
    let alone = "vm.web[0] sends to virtual NICs alone";
    to("host.alpha\"\nnic = \"port0", &[alone, "to = \"vm.NAME\""]);
    to("broadcast\"\nnic = \"port0", &[alone]);
    let neither = SOUND.0.replace("vm.web[0]", "vm.plain[0]").replace("vm.web[1]", "vm.plain[1]");
    let why = "neither it nor vm.plain[1] has a virtual function: the host's virtual switch";
    refused(&neither, &["nothing of vm.plain[0] here", why, "vf = true"]);
}

#[test]
fn nothing_is_said_in_terms_of_the_link() {
    let no_link = "traffic \"copy\" has a `sender`, and no link";
    let line = ["the link's own rate", "crosses none", "a rate in Gbps"];
    SOUND.change("rate = \"1 Gbps\"", "rate = \"line\"", &[&[no_link], &line[..]].concat());
    let burst = "burst = { packets = 10, every = \"1 ms\" }";
    SOUND.change("rate = \"1 Gbps\"", burst, &[no_link, "as the link makes them"]);
}

#[test]
fn a_sender_stays_where_it_is() {
    let migrates = |vm: &str| {
        let beta = "[host.beta]\ncores = 4\n[nic.port2]\nmodel = \"intel-82599\"\n\
                    path = \"sriov\"\nhost = \"beta\"\n";
        let event = format!(
            "[[event]]\nat = \"5 ms\"\naction = \"live-migrate\"\nvm = \"{vm}\"\nto = \"beta\"\n\
             precopy = \"1 ms\"\nblackout = \"1 ms\"\nrelearn = \"1 ms\"\n"
        );
        let on_alpha = |port: &str| format!("[nic.{port}]\nhost = \"alpha\"");
        let text = SOUND.0.replace("[nic.port0]", &on_alpha("port0"));
        text.replace("[nic.port1]", &on_alpha("port1")) + beta + &event
    };
    refused(&migrates("web[0]"), &["does not follow its sender", "vm.web[0] migrates"]);
}
