//! What the format means: defaults, rounding, and the worlds that it makes.

use crate::fixtures::scenario_text::{loaded, plan};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::rx::cpu::{Costs, Stack};
use rxsim::rx::dma::DmaSpec;
use rxsim::rx::moderation::Moderation;
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Gap, Popularity, Sizes};
use rxsim::rx::steering::rss::HashTypes;
use rxsim::rx::steering::toeplitz::{KEY_MICROSOFT, KEY_SYMMETRIC};
use rxsim::scenario::load;
use rxsim::scenario::profile;
use rxsim::scenario::schema::json_schema;
use rxsim::scenario::text::diagnostic::render;
use rxsim::scenario::text::library;
use rxsim::scenario::{Equals, Plan, Warmup};
use rxsim::world::{Consumer, Filter, SteeringSpec};
use std::net::Ipv4Addr;

#[test]
fn every_built_in_scenario_is_sound() {
    for name in library::names() {
        let source = library::find(name).expect("built in");
        let loaded = load(&source, &[]).unwrap_or_else(|wrong| panic!("{}", render(&wrong, false)));
        assert!(loaded.plan(None).is_ok(), "{name}");
        for design in loaded.designs() {
            assert!(loaded.plan(Some(design)).is_ok(), "{name}: {design}");
        }
    }
}

/// The example of the format's description, with all tables that it has.
const EXAMPLE: &str = include_str!("everything.toml");

#[test]
fn the_example_of_the_format_is_well_written_and_runs() {
    let loaded = loaded(EXAMPLE, &[]);
    assert_eq!(loaded.designs(), ["no-rss", "rss"]);
    assert_eq!(loaded.axes().len(), 2);
    assert_eq!(loaded.plan(None).expect("all of it is simulated").world.vms.len(), 16);
    for design in [None, Some("no-rss"), Some("rss")] {
        assert!(loaded.plan(design).is_ok(), "{design:?}");
    }
}

const SHORT: &str = r#"duration = "1 ms"
[host.alpha]
[nic.port0]
[traffic.bulk]
to = "host.alpha"
rate = "1 Gbps"
"#;

/// The short form with a line replaced.
fn with(line: &str, by: &str) -> Plan {
    assert!(SHORT.contains(line), "{line}");
    plan(&SHORT.replacen(line, by, 1))
}

fn with_host(keys: &str) -> Plan {
    with("[host.alpha]", &format!("[host.alpha]\n{keys}"))
}

fn with_nic(keys: &str) -> Plan {
    with("[host.alpha]\n[nic.port0]", &format!("[host.alpha]\ncores = 4\n[nic.port0]\n{keys}"))
}

fn with_traffic(keys: &str) -> Plan {
    plan(&format!("{SHORT}{keys}\n"))
}

#[test]
fn the_short_form_has_all_defaults() {
    let plan = plan(SHORT);
    assert_eq!((plan.seed, plan.replications, plan.warmup), (1, 1, Warmup::Fixed(Span::ZERO)));
    assert_eq!((plan.design, plan.expects.len(), plan.warnings.len()), (None, 0, 0));
    let world = plan.world;
    assert_eq!((world.seed, world.warmup, world.duration), (1, Span::ZERO, Some(Span::ms(1))));
    let host = &world.hosts[0];
    assert_eq!((host.name.as_str(), host.cores, host.stack), ("alpha", 1, Stack::WindowsDpc));
    assert_eq!((host.budget, host.quantum, host.backlog), (64, Span::ms(1), 1000));
    assert_eq!(host.costs, Costs::ZERO);
    let nic = &world.nics[0];
    assert_eq!((nic.link, nic.buffer, nic.egress), (None, None, 1 << 20));
    assert_eq!((nic.dma.bits, nic.dma.latency), (None, Span::ZERO));
    assert_eq!((nic.ring, nic.hold, nic.moderation), (512, false, Moderation::None));
    assert_eq!((&nic.queues[..], &nic.vectors[..]), (&[0][..], &[vec![0]][..]));
    assert!(matches!(nic.steering, SteeringSpec::SingleQueue));
    assert!((nic.contention - 1.0).abs() < f64::EPSILON);
    let traffic = &world.sources[0];
    assert_eq!((traffic.group.as_str(), traffic.nic, traffic.to), ("bulk", 0, Consumer::Host));
    assert_eq!((traffic.filter, &traffic.source.sizes), (Filter::Pass, &Sizes::Fixed(1518)));
    assert_eq!(traffic.source.name, "traffic.bulk");
    let flows = &traffic.source.flows;
    assert_eq!((flows.count, &flows.keys), (1, &Keys::Random));
    assert_eq!(flows.popularity, Popularity::Uniform);
    assert_eq!(gap(&traffic.source.arrivals), Gap { ps: 12_144_000, packets: 1 });
}

fn gap(arrivals: &Arrivals) -> Gap {
    match arrivals {
        Arrivals::Constant(gap) | Arrivals::Poisson(gap) | Arrivals::OnOff { gap, .. } => *gap,
        other => panic!("{other:?} has no gap"),
    }
}

#[test]
fn a_named_nic_brings_its_numbers_and_the_drivers_rule_for_a_full_ring() {
    let nic = with_nic("model = \"intel-82599\"").world.nics.remove(0);
    assert_eq!((nic.link, nic.buffer, nic.ring), (Some(10_000_000_000), Some(512 << 10), 512));
    let (bits, latency) = (Some(28_672_000_000), Span::ns(900));
    assert_eq!(nic.dma, DmaSpec { bits, max_payload: 256, latency });
    assert_eq!(nic.moderation, Moderation::Throttle { interval: Span::ns(49_152) });
    assert!(nic.hold, "one queue holds the port");
    let rss = with_nic("model = \"intel-82599\"\npath = \"rss\"").world.nics.remove(0);
    assert!(!rss.hold, "several queues drop");
    let ideal = with_nic("model = \"ideal\"").world.nics.remove(0);
    assert!(!ideal.hold);
    assert!(with_nic("when_ring_full = \"hold\"").world.nics[0].hold);
}

#[test]
fn rss_spreads_queues_over_physical_cores() {
    let nic = with_nic("path = \"rss\"").world.nics.remove(0);
    let SteeringSpec::Rss(rss) = nic.steering else { panic!("no RSS") };
    assert_eq!((rss.key, rss.types, rss.table.len()), (KEY_MICROSOFT, HashTypes::USUAL, 128));
    assert_eq!(rss.table[..6], [0, 1, 2, 3, 0, 1]);
    assert_eq!((nic.queues.as_slice(), nic.vectors.len()), (&[0, 1, 2, 3][..], 4));
    let options = "path = \"rss\"\nrss = { queues = 3, base_processor = 1, max_processors = 2, \
                   table = 64, key = \"symmetric\", hash = [\"udp-ipv4\"] }";
    let nic = with_nic(options).world.nics.remove(0);
    let SteeringSpec::Rss(rss) = nic.steering else { panic!("no RSS") };
    assert_eq!((nic.queues.as_slice(), rss.table.len()), (&[1, 2, 1][..], 64));
    assert_eq!(rss.key, KEY_SYMMETRIC);
    assert_eq!(rss.types, HashTypes { udp_ipv4: true, ..HashTypes::NONE });
    let siblings = "[host.alpha]\ncores = 2\nsmt = 2\n[nic.port0]\npath = \"rss\"";
    let world = with("[host.alpha]\n[nic.port0]", siblings).world;
    assert_eq!((world.hosts[0].cores, world.nics[0].queues.as_slice()), (4, &[0, 2][..]));
}

#[test]
fn rss_without_checksum_offload_is_one_queue_and_a_warning() {
    let plan = with_nic("path = \"rss\"\nchecksum_offload = false");
    assert!(matches!(plan.world.nics[0].steering, SteeringSpec::SingleQueue));
    assert_eq!(plan.world.nics[0].queues, [0]);
    assert!(plan.warnings[0].contains("RSS is off because checksum offload is off"));
}

#[test]
fn contention_grows_with_the_cores_that_own_queues() {
    let text = "[host.alpha]\ncores = 4\ncontention = 0.03\n[nic.port0]\npath = \"rss\"";
    let nic = with("[host.alpha]\n[nic.port0]", text).world.nics.remove(0);
    assert!((nic.contention - 1.09).abs() < 1e-12);
}

#[test]
fn moderation_is_rounded_down_to_the_unit_and_the_value_used_is_reported() {
    let throttle = |interval: &str| {
        with_nic(&format!(
            "model = \"intel-82599\"\nmoderation = {{ policy = \"throttle\", \
             interval = \"{interval}\" }}"
        ))
    };
    let plan = throttle("20 us");
    let interval = Span::ns(18_432);
    assert_eq!(plan.world.nics[0].moderation, Moderation::Throttle { interval });
    assert!(plan.warnings[0].contains("the interval of 20 us becomes 18.432 us"));
    let exact = throttle("20.48 us");
    assert_eq!(exact.warnings, [""; 0]);
    let below = throttle("2 us");
    assert_eq!(below.world.nics[0].moderation, Moderation::None);
    assert!(below.warnings[0].contains("below the unit of intel-82599 (2.048 us)"));
    let ideal = "moderation = { policy = \"timer-or-count\", interval = \"2141 ns\", frames = 9 }";
    let moderation = with_nic(ideal).world.nics[0].moderation;
    assert_eq!(moderation, Moderation::TimerOrCount { interval: Span::ns(2141), frames: 9 });
    let adaptive = "moderation = { policy = \"adaptive\", algorithm = \"ixgbe\" }";
    assert_eq!(with_nic(adaptive).world.nics[0].moderation, Moderation::Ixgbe);
}

#[test]
fn costs_round_to_the_nearest_picosecond_and_cycles_follow_the_clock() {
    let cost = |text: &str| {
        with_host(&format!("cost = {{ packet = {text} }}")).world.hosts[0].costs.packet.clone()
    };
    assert_eq!(cost("\"9200 cycles\""), Draw::Constant(Span(3_458_647)));
    assert_eq!(cost("\"0.3 ns\""), Draw::Constant(Span(300)));
    assert_eq!(cost("\"1.0005 ns\""), Draw::Constant(Span(1001)));
    let slow = with_host("clock = \"1 GHz\"\ncost = { packet = \"9200 cycles\" }");
    assert_eq!(slow.world.hosts[0].costs.packet, Draw::Constant(Span::ns(9200)));
    let us = |n| Span::us(n);
    assert_eq!(
        cost("{ mean = \"1 us\", distribution = \"exponential\" }"),
        Draw::Exponential { mean: us(1) }
    );
    let lognormal = cost("{ mean = \"1 us\", distribution = \"lognormal\", cv = 0.5 }");
    assert_eq!(lognormal, Draw::Lognormal { mean: us(1), cv: 0.5 });
    let uniform = cost("{ distribution = \"uniform\", min = \"1 us\", max = \"2 us\" }");
    assert_eq!(uniform, Draw::Uniform { min: us(1), max: us(2) });
    let bimodal = "{ distribution = \"bimodal\", values = [{ value = \"0.5 us\", weight = 9 }, \
                   { value = \"5.5 us\", weight = 1 }] }";
    assert_eq!(cost(bimodal), Draw::Discrete(vec![(Span::ns(500), 9), (Span::ns(5500), 1)]));
}

#[test]
fn entries_of_a_file_replace_those_of_its_profile() {
    let host =
        with_host("costs = \"hyperv-2012\"\ncost = { interrupt = \"1 us\", wakeup = \"3 us\" }");
    let costs = &host.world.hosts[0].costs;
    assert_eq!((&costs.interrupt, costs.wakeup), (&Draw::Constant(Span::us(1)), Span::us(3)));
    assert_eq!(costs.stack_packet, Draw::Constant(Span::ns(1701)));
    assert_eq!(costs.context_switch, Span::ns(1500));
}

#[test]
fn rates_become_exact_gaps() {
    let of = |keys: &str| with("rate = \"1 Gbps\"", keys).world.sources.remove(0).source;
    assert_eq!(gap(&of("rate = \"812 kpps\"").arrivals), Gap { ps: 250_000_000, packets: 203 });
    let mix = of("rate = \"1 Gbps\"\nframe = \"imix\"");
    assert_eq!(mix.sizes, Sizes::Mix(vec![(64, 7), (594, 4), (1518, 1)]));
    assert_eq!(gap(&mix.arrivals), Gap { ps: 8_684_000, packets: 3 });
    let frames = "rate = \"1 kpps\"\nframe = [{ size = \"64 B\", weight = 7 }, { size = \
                  \"1 KiB\", weight = 2 }]";
    assert_eq!(of(frames).sizes, Sizes::Mix(vec![(64, 7), (1024, 2)]));
    let constant = of("rate = \"1 Mpps\"\narrivals = \"constant\"");
    assert!(matches!(constant.arrivals, Arrivals::Constant(Gap { ps: 1_000_000, packets: 1 })));
    let on_off = of(
        "rate = \"1 Mpps\"\non_off = { on = \"1 ms\", off = \"9 ms\", distribution = \"pareto\" }",
    );
    let Arrivals::OnOff { on, off, .. } = on_off.arrivals else { panic!("not on-off") };
    assert_eq!(on, Draw::Pareto { mean: Span::ms(1), shape: 1.5 });
    assert_eq!(off, Draw::Pareto { mean: Span::ms(9), shape: 1.5 });
    let burst = of("burst = { packets = 10, every = \"1 ms\", poisson = true }");
    let Arrivals::Burst { packets, every, link } = burst.arrivals else { panic!("no burst") };
    assert_eq!((packets, every, link), (10, Draw::Exponential { mean: Span::ms(1) }, None));
}

#[test]
fn line_rate_is_back_to_back() {
    let text = SHORT.replacen("[nic.port0]", "[nic.port0]\nlink = \"10 Gbps\"", 1);
    let plan = plan(&text.replacen("1 Gbps", "line", 1));
    let arrivals = &plan.world.sources[0].source.arrivals;
    assert!(matches!(arrivals, Arrivals::Line { link: 10_000_000_000 }));
    assert!((plan.offered_estimate - 812.7).abs() < 0.1, "{}", plan.offered_estimate);
}

#[test]
fn flow_keys_are_random_sequential_or_ranges() {
    let flows = |keys: &str| with_traffic(keys).world.sources.remove(0).source.flows;
    assert_eq!(flows("keys = \"sequential-ports\"\nflows = 64").keys, Keys::SequentialPorts);
    assert_eq!(flows("popularity = { zipf = 1.1 }").popularity, Popularity::Zipf(1.1));
    let text = "keys = { src = \"198.18.10.1\", dst = \"198.19.10.1-198.19.10.100\", \
                sport = \"2000-2019\", dport = 2000, protocol = \"udp\" }";
    let address = |a, b, c, d| Ipv4Addr::new(a, b, c, d);
    let ranges = Keys::Ranges {
        src: (address(198, 18, 10, 1), address(198, 18, 10, 1)),
        dst: (address(198, 19, 10, 1), address(198, 19, 10, 100)),
        sport: (2000, 2019),
        dport: (2000, 2000),
        udp: true,
    };
    assert_eq!(flows(text).keys, ranges);
}

#[test]
fn stacks_take_options() {
    let stack = |text: &str| with_host(text).world.hosts[0].stack;
    let napi = |hz, ksoftirqd_defers| Stack::LinuxNapi { hz, ksoftirqd_defers };
    assert_eq!(stack("stack = \"linux-napi\""), napi(250, true));
    assert_eq!(
        stack("stack = { kind = \"linux-napi\", hz = 1000, ksoftirqd = \"shares\" }"),
        napi(1000, false)
    );
    assert_eq!(stack("stack = \"interrupt-per-packet\""), Stack::InterruptPerPacket);
    assert_eq!(stack("stack = \"busy-poll\"\ncosts = \"dpdk\""), Stack::BusyPoll);
}

#[test]
fn apps_works_and_filters_reach_the_world() {
    let text = r#"duration = "1 ms"
[host.alpha]
cores = 4
cost = { app_packet = "2 us" }
[nic.port0]
path = "rss"
[[nic.port0.filter]]
match = { traffic = "flood" }
action = "drop"
at = "driver"
[[nic.port0.filter]]
match = { traffic = "control" }
action = "pin"
queue = 3
[app.db]
core = 2
backlog = 10
byte = "1 ns"
[work.batch]
on = "host.alpha"
cores = "1-2,3"
load = "30 %"
[traffic.bulk]
to = "app.db"
rate = "1 Gbps"
[traffic.flood]
to = "host.alpha"
rate = "1 Gbps"
[traffic.control]
to = "host.alpha"
rate = "1 Gbps"
"#;
    let world = plan(text).world;
    let groups: Vec<_> = world.sources.iter().map(|s| (s.group.as_str(), s.filter)).collect();
    let filters =
        [("bulk", Filter::Pass), ("flood", Filter::DropInDriver), ("control", Filter::Pin(3))];
    assert_eq!(groups, filters);
    assert_eq!(world.sources[0].to, Consumer::App(0));
    let app = &world.apps[0];
    assert_eq!((app.core, app.backlog, &app.packet), (2, 10, &Draw::Constant(Span::us(2))));
    assert_eq!(app.byte, Draw::Constant(Span::ns(1)));
    let works: Vec<_> = world.works.iter().map(|w| (w.core, w.period, w.demand)).collect();
    assert_eq!(works, [1, 2, 3].map(|core| (core, Span::ms(10), Span::ms(3))));
}

#[test]
fn the_bus_is_a_rate_and_a_latency() {
    let dma = |text: &str| with_nic(text).world.nics[0].dma;
    let latency = Span::ns(500);
    let only = dma("pcie = { latency = \"500 ns\" }");
    assert_eq!((only.bits, only.latency), (None, latency));
    let third = dma("pcie = { generation = 3, lanes = 8, max_payload = 128 }");
    assert_eq!((third.bits, third.max_payload), (Some(56_650_830_769), 128));
    let narrow = dma("model = \"intel-82599\"\npcie = { lanes = 4 }");
    assert_eq!((narrow.bits, narrow.latency), (Some(14_336_000_000), Span::ns(900)));
}

const DESIGNS: &str = r#"
[design.quoted]
"nic.port0.ring" = 64
"nic.port0.pcie" = { latency = "1 us" }
[design.bare]
nic.port0.ring = 64
nic.port0.pcie.latency = "1 us"
[design.nested.nic.port0]
ring = 64
pcie.latency = "1 us"
"#;

#[test]
fn designs_are_laid_over_the_file_however_they_are_written() {
    let loaded = loaded(&format!("{SHORT}{DESIGNS}"), &[]);
    assert_eq!(loaded.designs(), ["quoted", "bare", "nested"]);
    let plan = |design| loaded.plan(design).expect("sound");
    let hash = plan(Some("quoted")).scenario_hash;
    for design in ["quoted", "bare", "nested"] {
        let plan = plan(Some(design));
        let nic = &plan.world.nics[0];
        assert_eq!((nic.ring, nic.dma.latency), (64, Span::us(1)), "{design}");
        assert_eq!((plan.scenario_hash, plan.design.as_deref()), (hash, Some(design)));
    }
    assert_eq!(plan(None).world.nics[0].ring, 512);
    assert_ne!(plan(None).scenario_hash, hash);
    assert!(loaded.plan(Some("bear")).is_err_and(|wrong| wrong[0].help.contains("quoted, bare")));
}

#[test]
fn set_wins_over_designs_and_takes_toml_or_text() {
    let sets = [("nic.port0.ring", "7"), ("traffic.bulk.rate", "2 Gbps"), ("title", "a = b")];
    let loaded = loaded(&format!("{SHORT}{DESIGNS}"), &sets);
    for design in [None, Some("bare")] {
        let plan = loaded.plan(design).expect("sound");
        assert_eq!(plan.world.nics[0].ring, 7);
        let arrivals = &plan.world.sources[0].source.arrivals;
        assert_eq!((gap(arrivals).ps, plan.title.as_str()), (6_072_000, "a = b"));
    }
}

#[test]
fn a_policy_is_replaced_as_a_whole() {
    let text = format!(
        "{}[design.quiet]\n\"nic.port0.moderation\" = {{ policy = \"none\" }}\n",
        SHORT.replacen(
            "[nic.port0]",
            "[nic.port0]\nmoderation = { policy = \"timer\", interval = \"5 us\" }",
            1
        )
    );
    let quiet = loaded(&text, &[]).plan(Some("quiet")).expect("sound");
    assert_eq!((quiet.world.nics[0].moderation, quiet.warnings.len()), (Moderation::None, 0));
}

#[test]
fn the_hash_is_of_meaning_not_of_layout() {
    let hash = |text: &str| plan(text).scenario_hash;
    let spaced = SHORT.replace(" = ", "   =  ").replace("[nic", "# a comment\n\n[nic");
    assert_eq!(hash(SHORT), hash(&spaced));
    assert_ne!(hash(SHORT), hash(&SHORT.replace("1 ms", "2 ms")));
    let designed = loaded(&format!("{SHORT}{DESIGNS}"), &[]).plan(None).expect("sound");
    assert_eq!(hash(SHORT), designed.scenario_hash);
}

#[test]
fn expectations_go_to_the_plain_file_and_to_their_design() {
    let claims = "[[expect]]\nmetric = \"loss\"\nmax = 0\n[[expect]]\nmetric = \"sustained\"\n\
                  design = \"bare\"\nequals = true\nwhy = \"so\"\n";
    let loaded = loaded(&format!("{SHORT}{DESIGNS}{claims}"), &[]);
    assert_eq!(loaded.plan(None).expect("sound").expects.len(), 1);
    let both = loaded.plan(Some("bare")).expect("sound").expects;
    assert_eq!(both.len(), 2);
    assert_eq!((&both[1].equals, both[1].why.as_str()), (&Some(Equals::Flag(true)), "so"));
    assert_eq!(&both[1].place.origin.text[both[1].place.range.clone()], "\"sustained\"");
}

#[test]
fn axes_of_a_sweep_are_kept_as_they_were_written() {
    let sweep = "[sweep]\n\"nic.port0.ring\" = [1, 2]\n\"traffic.bulk.rate\" = [\"1 Gbps\"]\n";
    let loaded = loaded(&format!("{SHORT}{sweep}"), &[]);
    let (rings, rates) = (&loaded.axes()[0], &loaded.axes()[1]);
    assert_eq!(
        (rings.0.as_str(), &rings.1[..]),
        ("nic.port0.ring", &["1", "2"].map(String::from)[..])
    );
    assert_eq!(rates.1, ["\"1 Gbps\""]);
}

#[test]
fn a_recording_is_played_and_its_oddities_are_warned_of() {
    let path = std::env::temp_dir().join(format!("rxsim-{}-odd.pcap", std::process::id()));
    let mut bytes = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0,
    ];
    for second in [5_u32, 4] {
        let lengths = [second, 0, 60, 20_000].map(u32::to_le_bytes);
        bytes.extend(lengths.concat());
        bytes.extend([0; 60]);
    }
    std::fs::write(&path, bytes).expect("a writable directory");
    let text = format!(
        "[host.alpha]\n[nic.port0]\nmodel = \"intel-82599\"\n[traffic.played]\n\
         to = \"host.alpha\"\n\
         capture = {:?}\n",
        path.display().to_string()
    );
    let plan = plan(&text);
    std::fs::remove_file(path).expect("just written");
    assert_eq!(plan.world.duration, None);
    assert!(
        plan.warnings[0].contains("1 of its packets")
            && plan.warnings[0].contains("before their predecessor")
    );
    assert!(plan.warnings[1].contains("2 frames are larger than the 9728 B"));
}

#[test]
fn profiles_are_printed_with_their_sources() {
    let text = profile::find("hyperv-2012").expect("a profile").to_string();
    assert!(text.contains("stack_packet") && text.contains("assumed"), "{text}");
}

#[test]
fn the_schema_has_every_key() {
    let schema = json_schema::schema();
    let nic = &schema["properties"]["nic"]["additionalProperties"]["properties"];
    assert_eq!(nic["rss"]["properties"]["queues"]["maximum"], 32_768);
    assert_eq!(nic["path"]["enum"][1], "rss");
    assert_eq!(schema["properties"]["seed"]["default"], 1);
    assert_eq!(schema["required"][0], "host");
}
