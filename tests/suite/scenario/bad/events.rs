//! Mistakes in events of virtual machines, functions and links: where, why, and what to write.

use crate::fixtures::scenario_text::{Sound, mistakes, refused};

/// A sound scenario: two hosts, one with virtual functions, and a migration.
const SOUND: Sound = Sound(
    r#"duration = "300 ms"
[host.alpha]
cores = 8
[host.beta]
cores = 4
[nic.port0]
host = "alpha"
path = "sriov"
[nic.port1]
host = "beta"
[vm.web]
count = 4
nic = "port0"
cores = "2-3"
vf = true
[vm.idle]
nic = "port0"
running = false
[traffic.bulk]
to = "vm.web"
rate = "100 Mbps"
[[event]]
at = "100 ms"
action = "live-migrate"
vm = "web[3]"
to = "beta"
"#,
);

/// Adds an event and looks for phrases.
fn event(at: &str, action: &str, keys: &str, phrases: &[&str]) {
    let event = format!("[[event]]\nat = \"{at}\"\naction = \"{action}\"\n{keys}\n");
    SOUND.add(&event, phrases);
}

#[test]
fn the_sound_scenario_is_sound() {
    SOUND.is_sound();
}

#[test]
fn keys_that_an_action_needs_or_does_not_know_are_named() {
    let needs = |action, keys, key: &str| {
        let missing = format!("`{key}` is missing");
        event("1 ms", action, keys, &[&format!("this event needs `{key}`"), &missing]);
    };
    needs("stop-vm", "", "vm");
    needs("start-vm", "", "vm");
    needs("detach-vf", "", "vm");
    needs("attach-vf", "", "vm");
    needs("link-down", "", "nic");
    needs("live-migrate", "vm = \"web[0]\"", "to");
    let alien = |action, keys: &str, key: &str| {
        let message = format!("`{key}` has no meaning for {action}");
        event("1 ms", action, keys, &[&message, &format!("the keys of {action} are")]);
    };
    alien("stop-vm", "vm = \"web[0]\"\nblackout = \"1 ms\"", "blackout");
    alien("link-down", "nic = \"port0\"\nvm = \"web[0]\"", "vm");
    alien("detach-vf", "vm = \"web[0]\"\nvf_attach = \"1 ms\"", "vf_attach");
    alien("attach-vf", "vm = \"web[0]\"\nto = \"beta\"", "to");
    alien("live-migrate", "vm = \"web[0]\"\nto = \"beta\"\nvnic = \"web\"", "vnic");
    event("1 ms", "stop-vms", "vm = \"web\"", &["did you mean \"stop-vm\"?"]);
    SOUND.change(
        "to = \"beta\"",
        "to = \"beta\"\nprecopy = 5",
        &["`event[0].precopy`", "\"5 us\""],
    );
    SOUND.change("to = \"beta\"", "to = \"beta\"\nblackout = \"-1 s\"", &["`event[0].blackout`"]);
    SOUND.change(
        "to = \"beta\"",
        "to = \"beta\"\nrate = \"0 bps\"",
        &["`event[0].rate`", "above 0"],
    );
    SOUND.change("running = false", "running = \"no\"", &["`vm.idle.running`", "true or false"]);
}

#[test]
fn names_in_events_must_exist() {
    let vm = |name: &str, phrases: &[&str]| {
        event("1 ms", "stop-vm", &format!("vm = \"{name}\""), phrases);
    };
    vm("wep[0]", &["no vm \"wep\"", "did you mean \"web\"?"]);
    vm("web[4]", &["there is no web[4]", "the group has 4", "\"web[3]\""]);
    vm("web[x]", &["no vm \"web[x]\""]);
    event("1 ms", "link-up", "nic = \"port2\"", &["no nic \"port2\"", "port0, port1"]);
    let detach = "vm = \"web[0]\"\nvnic = \"storage\"";
    event("1 ms", "detach-vf", detach, &["no vnic \"storage\"", "add a table `[vnic.NAME]`"]);
    SOUND.change("to = \"beta\"", "to = \"gamma\"", &["no host \"gamma\"", "alpha, beta"]);
    let port = "to = \"beta\"\nnic = \"port0\"";
    SOUND.change("to = \"beta\"", port, &["no nic \"port0\"", "there are: port1"]);
}

#[test]
fn events_lie_within_the_run() {
    event("300 ms", "stop-vm", "vm = \"web[0]\"", &["the run has ended by 300 ms", "earlier time"]);
    event("1 s", "link-down", "nic = \"port0\"", &["warm-up and duration together are 300 ms"]);
}

#[test]
fn what_does_not_run_cannot_stop_and_what_runs_cannot_start() {
    let stop = "vm = \"idle\"";
    event("1 ms", "stop-vm", stop, &["idle does not run at 1 ms", "\"start-vm\""]);
    event("1 ms", "start-vm", "vm = \"web[0]\"", &["web[0] runs at 1 ms", "`running = false`"]);
    let twice = "vm = \"web\"\n[[event]]\nat = \"2 ms\"\naction = \"stop-vm\"\nvm = \"web[1]\"";
    event("1 ms", "stop-vm", twice, &["web[1] does not run at 2 ms"]);
    event("1 ms", "live-migrate", "vm = \"idle\"\nto = \"beta\"", &["idle does not run at 1 ms"]);
    event("1 ms", "detach-vf", "vm = \"idle[0]\"", &["idle[0] does not run at 1 ms"]);
}

#[test]
fn functions_that_are_not_there_cannot_be_taken_and_others_not_be_given() {
    let again =
        "vm = \"web[0]\"\n[[event]]\nat = \"9 ms\"\naction = \"detach-vf\"\nvm = \"web[0]\"";
    event("1 ms", "detach-vf", again, &["web[0] has no virtual function at 9 ms"]);
    event(
        "1 ms",
        "attach-vf",
        "vm = \"web[0]\"",
        &["web[0] has a virtual function, or wants none"],
    );
    let other = "vm = \"web[0]\"\nnic = \"port1\"";
    event("1 ms", "detach-vf", other, &["web[0] has no virtual function at 1 ms", "sriov"]);
}

#[test]
fn one_thing_at_a_time_happens_to_a_machine() {
    let busy = ["web[3] migrates until 213 ms", "one thing at a time", "\"213 ms\" or later"];
    event("150 ms", "stop-vm", "vm = \"web[3]\"", &busy);
    event("212 ms", "detach-vf", "vm = \"web[3]\"", &busy);
    event("101 ms", "live-migrate", "vm = \"web\"\nto = \"beta\"", &busy);
    let soon = "vm = \"web[0]\"\nvf_detach = \"5 ms\"\n[[event]]\nat = \"3 ms\"\naction = \"stop-vm\"\n\
                vm = \"web[0]\"";
    event("1 ms", "detach-vf", soon, &["web[0] loses its virtual function until 7 ms"]);
}

#[test]
fn links_that_are_up_do_not_go_up_and_those_that_are_down_not_down() {
    event("1 ms", "link-up", "nic = \"port0\"", &["the link of port0 is up at 1 ms"]);
    let twice =
        "nic = \"port1\"\n[[event]]\nat = \"2 ms\"\naction = \"link-down\"\nnic = \"port1\"";
    event("1 ms", "link-down", twice, &["the link of port1 is down at 2 ms"]);
}

#[test]
fn a_migration_needs_another_host_that_can_run_the_machine() {
    SOUND.change(
        "to = \"beta\"",
        "to = \"alpha\"",
        &["web[3] is on alpha already", "another host"],
    );
    let cores = "to = \"beta\"\ncores = \"2-9\"";
    SOUND.change("to = \"beta\"", cores, &["beta has no core 4", "the cores 0 to 3"]);
    let far = "cores = \"6-7\"";
    SOUND.change(
        "cores = \"2-3\"",
        far,
        &["beta has no core 7 for web[3]", "add `cores = \"0-3\"`"],
    );
    let two = "to = \"beta\"\n[nic.port2]\nhost = \"beta\"";
    let which = ["which port the packets come by then", "add `nic = \"NAME\"`: port1, port2"];
    SOUND.change("to = \"beta\"", two, &which);
    let portless = "[host.gamma]\ncores = 4\n[vm.idle]";
    refused(
        &SOUND.0.replace("[vm.idle]", portless).replace("to = \"beta\"", "to = \"gamma\""),
        &["host \"gamma\" has no NIC", "`host = \"gamma\"`"],
    );
    let lined = "[host.beta]\ndispatch = \"shared\"";
    SOUND.change("[host.beta]", lined, &["beta runs no virtual machines", "`dispatch`"]);
}

#[test]
fn a_destination_must_take_the_frames_and_rings_and_the_copy_a_name() {
    let small = "host = \"beta\"\nmodel = \"intel-82599\"\nring = 512";
    let large = SOUND.0.replace("host = \"beta\"\n", &format!("{small}\n"));
    let large = large.replace("rate = \"100 Mbps\"", "rate = \"100 Mbps\"\nframe = \"16000 B\"");
    refused(&large, &["intel-82599 takes no frames of 16000 B"]);
    let rings = SOUND.0.replace("vf = true", "vf = true\nvcpus = 2\nvf_queues = 2");
    let rings =
        rings.replace("[nic.port1]\n", "[nic.port1]\nmodel = \"intel-82599\"\npath = \"sriov\"\n");
    refused(&rings, &["a function of port1 has no 2 rings", "vf_queues = 1"]);
    let copied = SOUND.0.replace("to = \"beta\"", "to = \"beta\"\nrate = \"1 Gbps\"");
    let named = copied.replace("[traffic.bulk]", "[traffic.migration]");
    refused(&named, &["would be traffic.migration", "another name"]);
    let line = SOUND.0.replace("to = \"beta\"", "to = \"beta\"\nrate = \"line\"");
    refused(&line, &["an unlimited link has no line rate"]);
    let filter =
        "[[nic.port0.filter]]\nmatch = { traffic = \"bulk\" }\naction = \"drop\"\nat = \"driver\"";
    SOUND.add(filter, &["the filter never sees traffic \"bulk\""]);
}

#[test]
fn a_mistake_is_told_once_and_not_what_would_follow_from_it() {
    let event = |action: &str, keys: &str| {
        let event = format!("[[event]]\nat = \"1 ms\"\naction = \"{action}\"\n{keys}\n");
        mistakes(&format!("{}{event}", SOUND.0), &[])
    };
    let wrong = event("migrate", "vm = \"web[0]\"\nto = \"beta\"");
    assert!(wrong.contains("does not take \"migrate\""), "{wrong}");
    assert_eq!(wrong.matches("error: ").count(), 1, "{wrong}");
    let wrong = event("live-migrate", "vm = \"vm.web[0]\"\nto = \"host.beta\"");
    for phrase in ["`vm` takes the name alone", "leave out `vm.`", "leave out `host.`"] {
        assert!(wrong.contains(phrase), "{wrong}");
    }
    let one = SOUND.0.replace("[[event]]", "[event]");
    refused(&one, &["a list of tables is due", "write `[[...]]` above each"]);
    let typo = SOUND.0.replace("rate = \"100 Mbps\"", "arrivals = \"request-respons\"");
    let wrong = mistakes(&typo, &[]);
    assert!(wrong.contains("did you mean \"request-response\"?"), "{wrong}");
    assert_eq!(wrong.matches("error: ").count(), 1, "{wrong}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let more = "[[event]]\nat = \"9 s\"\naction = \"stop-vm\"\nvm = \"none\"\n\
                [[event]]\nat = \"1 ms\"\naction = \"link-down\"\nnic = \"none\"";
    SOUND.add(more, &["by 9 s", "no vm \"none\"", "no nic \"none\""]);
}
