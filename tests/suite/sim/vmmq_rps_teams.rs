//! Runs of scenarios with teams, addresses and VMMQ: a stream over several ports is the stream of
//! one port, recorded frames arrive where their addresses say, work inside of a VM loads its cores.

use crate::fixtures::recording::recording;
use crate::fixtures::runs::run;
use crate::fixtures::scenario_text::plan;
use rxsim::engine::time::Span;
use rxsim::world::outcome::Volume;
use rxsim::world::{Consumer, World};
use std::collections::BTreeMap;

/// Six VMs behind two ports whose packets cost something; `vms` and `team` say where they are.
fn behind(nic: &str, team: &str) -> World {
    let text = format!(
        r#"duration = "5 ms"
warmup = "1 ms"
[host.alpha]
cores = 8
cost = {{ packet = "1 us", guest_packet = "200 ns" }}
[nic.port0]
path = "vmq"
vmq = {{ queues = 3 }}
[nic.port1]
path = "vmq"
{team}
[vm.web]
count = 6
nic = "{nic}"
vmq = true
[traffic.bulk]
to = "vm.web"
rate = "300 Mbps"
frame = [{{ size = "64 B", weight = 1 }}, {{ size = "1518 B", weight = 2 }}]
flows = 50
[traffic.one]
to = "vm.web[2]"
rate = "100 Mbps"
"#
    );
    plan(&text).world
}

/// What was offered per stream.
fn offered(world: &World) -> BTreeMap<String, (u64, u64)> {
    let outcome = run(world);
    let mut all = BTreeMap::new();
    for (source, tally) in world.sources.iter().zip(&outcome.sources) {
        let Volume { packets, bytes } = tally.offered;
        let sum: &mut (u64, u64) = all.entry(source.source.name.clone()).or_default();
        *sum = (sum.0 + packets, sum.1 + bytes);
    }
    all
}

#[test]
fn a_stream_that_a_team_shares_out_is_the_stream_of_one_port() {
    let alone = offered(&behind("port0", ""));
    assert_eq!(alone.len(), 7);
    assert!(alone.values().all(|(packets, _)| *packets > 20), "{alone:?}");
    let balance = "[team.uplink]\nnics = [\"port0\", \"port1\"]\n";
    for mode in ["", "mode = \"switch-dependent\"", "balance = \"address-hash\""] {
        assert_eq!(offered(&behind("uplink", &format!("{balance}{mode}"))), alone, "{mode}");
    }
    let world = behind("uplink", &format!("{balance}mode = \"switch-dependent\""));
    let by_second = world.sources.iter().zip(run(&world).sources).filter(|(s, _)| s.nic == 1);
    let shares = by_second.filter(|(_, tally)| tally.offered.packets > 0).count();
    assert!(shares >= 6, "both ports have a share: {shares}");
}

/// Frames of a recording that were delivered to each VM, and to the host.
fn delivered(name: &str, nic: &str, vm: &str) -> BTreeMap<Option<usize>, u64> {
    let frames = [(16, None), (17, None), (16, Some(5)), (99, None), (16, None), (18, None)];
    let path = recording(name, &frames);
    let text = format!(
        "[host.alpha]\ncores = 4\n[nic.port0]\n{nic}\n[vm.web]\ncount = 3\n\
         mac = \"02:00:00:00:00:10\"\n{vm}\n[traffic.played]\nto = \"addresses\"\n\
         capture = {:?}\nspeed = 1e6\n",
        path.display().to_string()
    );
    let world = plan(&text).world;
    std::fs::remove_file(path).expect("just written");
    let mut all = BTreeMap::new();
    for (source, tally) in world.sources.iter().zip(run(&world).sources) {
        let to = if let Consumer::Vnic(vnic) = source.to { Some(vnic) } else { None };
        *all.entry(to).or_default() += tally.delivered.packets;
    }
    all
}

#[test]
fn recorded_frames_arrive_at_those_whose_addresses_they_have_on_every_path() {
    let expected = BTreeMap::from([(None, 1), (Some(0), 3), (Some(1), 1), (Some(2), 1)]);
    for (name, nic, vm) in [
        ("own", "path = \"vmq\"", "vmq = true"),
        ("default", "path = \"vmq\"", ""),
        ("table", "path = \"vmq\"", "vmq = true\nvmq_queues = 2\nvcpus = 2"),
        ("function", "path = \"sriov\"", "vf = true"),
        ("hash", "path = \"rss\"", ""),
        ("queue", "path = \"single-queue\"", ""),
    ] {
        assert_eq!(delivered(name, nic, vm), expected, "{name}");
    }
}

#[test]
fn work_inside_of_a_vm_takes_its_share_of_the_cores_of_its_vcpus() {
    let text = "duration = \"100 ms\"\n[host.alpha]\ncores = 4\n[nic.port0]\n[vm.web]\ncount = 2\n\
                vcpus = 1\ncores = \"2-3\"\n[work.batch]\non = \"vm.web[1]\"\nload = \"30 %\"\n\
                [traffic.bulk]\nto = \"vm.web\"\nrate = \"10 Mbps\"";
    let outcome = run(&plan(text).world);
    let work = outcome.hosts[0].cores.iter().map(|core| core.busy.work.0);
    let third = outcome.window.0 / 10 * 3;
    assert_eq!(work.collect::<Vec<_>>(), [0, 0, 0, third], "ten demands of 3 ms each");
}

#[test]
fn a_vm_with_four_queues_is_served_by_four_cores_and_four_vcpus() {
    let text = "duration = \"20 ms\"\n[host.alpha]\ncores = 9\ncost = { packet = \"1 us\", \
                guest_packet = \"1 us\" }\n[nic.port0]\npath = \"vmq\"\n\
                vmq = { max_processors = 5 }\n[vm.big]\nvcpus = 4\ncores = \"5-8\"\nvmq = true\n\
                vmq_queues = 4\n[traffic.bulk]\nto = \"vm.big\"\nrate = \"2 Mpps\"\n\
                frame = \"64 B\"\nflows = 1000\nkeys = \"sequential-ports\"";
    let outcome = run(&plan(text).world);
    let tally = &outcome.sources[0];
    assert_eq!(
        tally.dropped.iter().sum::<u64>(),
        0,
        "two of four cores' work, and as even as can be"
    );
    let busy = |core: usize| {
        let busy = outcome.hosts[0].cores[core].busy;
        (busy.deferred.0 + busy.guest.0) as f64 / outcome.window.0 as f64
    };
    let idle = outcome.hosts[0].cores[0].busy;
    assert_eq!(idle.deferred + idle.guest, Span::ZERO, "the default queue has nothing to do");
    // 1000 flows over four queues: a share is 1/4 with a standard deviation of 0.014, and packets
    // choose flows at random: 40 000 of them add 0.002. Four of these from 0.5 of a core each.
    for core in 1..9 {
        assert!((busy(core) - 0.5).abs() < 0.5 * 4.0 * 0.06, "core {core}: {}", busy(core));
    }
}
