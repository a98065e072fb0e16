//! What people type, and the answers.

use super::layout::overview;
use super::other_systems::WORDS;
use super::*;
use crate::scenario::schema::{TABLES, plain};
use std::collections::BTreeSet;
use std::path::Path;

/// The columns that an answer may take.
const WIDTH: usize = 100;

fn answer(query: &str) -> String {
    found(query, &Format::built_in()).unwrap_or_else(|_| panic!("`{query}` is explained"))
}

fn refusal(query: &str) -> String {
    let Err(Failure::Input(message)) = found(query, &Format::built_in()) else {
        panic!("`{query}` is no word")
    };
    message
}

#[test]
fn a_key_has_its_path_meaning_values_default_and_names_elsewhere() {
    let ring = "\
nic.NAME.ring
  Descriptors per queue. A packet holds its descriptor from its DMA transfer until the packet is
  processed.
  takes      a whole number, 1 to 1048576
  default    512
  elsewhere  *ReceiveBuffers, NumRxBuffers, rx_ring, -G rx, rx, descriptors
";
    for query in ["ring", "nic.port0.ring", "NIC.PORT0.RING", "nic.port0.ring = 512", "-G rx"] {
        assert_eq!(answer(query), ring, "{query}");
    }
    assert_eq!(
        answer("ksoftirqd"),
        "\
host.NAME.stack.ksoftirqd
  linux-napi: what happens to a softirq that is raised while ksoftirqd runs.
  takes      one of these values
             \"defers\": the running ksoftirqd handles the softirq (Linux up to 6.5)
             \"shares\": the softirq runs although ksoftirqd runs (later kernels)
  default    defers
"
    );
}

#[test]
fn a_key_of_several_tables_is_explained_once() {
    let text = answer("base_processor");
    assert!(
        text.starts_with("nic.NAME.rss.base_processor, nic.NAME.vmq.base_processor\n"),
        "{text}"
    );
    assert_eq!(text.matches("takes").count(), 1, "{text}");
}

#[test]
fn a_quantity_has_its_units() {
    assert!(answer("quantum").contains("\n  unit       ps, ns, us, ms, s\n"));
    assert!(answer("clock").contains("\n  unit       Hz, kHz, MHz, GHz\n"));
}

#[test]
fn the_name_of_a_table_in_a_file_explains_the_table() {
    for query in ["nic.port0", "[nic.port0]", "nic", "Nic.Port0"] {
        let text = answer(query);
        assert!(text.starts_with("[nic.NAME]\n  A port of a host.\n\n  host\n"), "{query}: {text}");
        assert!(text.contains("\n  when_ring_full\n"), "{query}: {text}");
    }
    assert!(answer("host.alpha").starts_with("[host.NAME]\n  A server.\n"));
    assert!(answer("vm.web[3]").starts_with("[vm.NAME]\n"));
}

#[test]
fn a_value_has_its_meaning_and_the_keys_that_take_it() {
    let expected = "\
\"numa-static\"
  The cores of the base processor's NUMA node first (Windows: NUMAStatic).
  value of   nic.NAME.rss.profile
";
    for query in ["numa-static", "NUMAStatic", "NUMA-Static"] {
        assert_eq!(answer(query), expected, "{query}");
    }
    assert!(answer("throttle").contains("value of   nic.NAME.moderation.policy\n"));
    let dpc = answer("windows-dpc");
    assert!(dpc.contains("value of   host.NAME.stack, host.NAME.stack.kind\n"), "{dpc}");
    assert!(answer("live-migrate").contains("value of   event.action\n"));
    let vmq = answer("dynamic-vmq");
    assert!(vmq.contains("options    contract_below, expand_above, traffic_above\n"), "{vmq}");
    assert!(answer("hyperv-2012").contains("value of   host.NAME.costs\n"));
    assert!(!answer("rss++").contains("[nic.NAME.rss]"), "a policy, and not receive side scaling");
}

#[test]
fn all_that_a_word_stands_for_is_shown_tables_first() {
    let text = answer("rss");
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(
        at("[nic.NAME.rss]\n") < at("\nnic.NAME.rss\n")
            && at("\nnic.NAME.rss\n") < at("\n\"rss\"\n")
    );
    let lacp = answer("LACP");
    assert!(lacp.contains("team.NAME.mode\n"), "{lacp}");
}

#[test]
fn words_of_the_verdict_are_explained() {
    for (query, part) in [
        ("bottleneck", "bottleneck\n  The resource"),
        ("next limit", "next limit\n"),
        ("Sustained", "sustained\n"),
    ] {
        assert!(answer(query).contains(part), "{query}: {}", answer(query));
    }
}

#[test]
fn a_metric_is_explained_by_its_path_or_the_end_of_it() {
    let p99 = answer("latency.p99_us");
    assert!(p99.starts_with("latency.p99_us\n") && p99.contains("\n  unit       us\n"), "{p99}");
    for query in ["host.alpha.core[0].busy", "host.NAME.core[N].busy", "core[3].busy"] {
        let text = answer(query);
        assert!(text.starts_with("host.NAME.core[N].busy\n"), "{query}: {text}");
    }
    assert!(answer("sustained").contains("\nsustained\n"), "the flag, and the word");
    assert!(refusal("latency.p99_u").contains("`latency.p99_us`"));
}

#[test]
fn what_is_not_simulated_is_not_listed() {
    let event = answer("event");
    assert!(event.contains("live-migrate") && !event.contains("\"set\""), "{event}");
    assert!(!event.contains("\n  value\n") && !answer("key").contains("event.key"), "{event}");
}

#[test]
fn words_of_other_systems_lead_to_keys_or_to_what_is_not_modelled() {
    let not_modelled = "see        docs/not-modelled.md";
    for (query, part) in [
        ("GRO", not_modelled),
        ("lro", not_modelled),
        ("TSO", not_modelled),
        ("LSO", not_modelled),
        ("RFS", not_modelled),
        ("aRFS", not_modelled),
        ("MTU", "traffic.NAME.frame"),
        ("jumbo frames", "traffic.NAME.frame"),
        ("bonding", "team.NAME"),
        ("LACP", "team.NAME.mode"),
        ("XDP", "nic.NAME.filter"),
        ("DPDK", "host.NAME.stack"),
        ("NAPI", "host.NAME.budget"),
        ("IRQ affinity", "nic.NAME.rss.base_processor"),
        ("ITR", "nic.NAME.moderation"),
        ("coalescing", "nic.NAME.moderation"),
        ("hyper-threading", "host.NAME.smt"),
        ("rx-usecs", "nic.NAME.moderation.interval"),
    ] {
        assert!(answer(query).contains(part), "{query}: {}", answer(query));
    }
    assert_eq!(
        answer("tso"),
        "\
TSO (elsewhere)
  Not modelled. Segmentation offloads belong to the transmit path, and rxsim simulates the receive
  path.
  see        docs/not-modelled.md
"
    );
}

#[test]
fn words_of_other_systems_name_keys_and_pages_that_exist() {
    let mut seen = BTreeSet::new();
    for word in WORDS {
        for name in word.names {
            assert!(seen.insert(plain(name)), "{name} stands there twice");
        }
        for path in word.keys {
            let is_table = TABLES.iter().any(|table| table.path == *path);
            let is_key = schema::find(path)
                .iter()
                .any(|(table, key)| schema::path_of(table, key.name) == *path);
            assert!(is_table || is_key, "{path}");
        }
        if let Some(page) = word.page {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(page).is_file(), "{page}");
        }
        assert!(word.page.is_some() || !word.keys.is_empty(), "{:?} leads nowhere", word.names);
    }
}

#[test]
fn alone_the_tables_are_listed_with_a_line_each() {
    let text = overview(TABLES);
    for table in TABLES.iter().filter(|table| !table.path.is_empty()) {
        let line = text.lines().find(|line| line.starts_with(&format!("  {} ", table.path)));
        assert!(line.is_some_and(|line| line.ends_with('.')), "{}: {line:?}", table.path);
    }
}

#[test]
fn an_unknown_word_has_its_nearest_words() {
    let message = refusal("nic.port0.rign");
    assert!(message.contains("did you mean `ring`"), "{message}");
    assert!(refusal("throtle").contains("`throttle`"));
    assert!(refusal("botleneck").contains("`bottleneck`"));
    assert!(refusal("xyzzy-nothing-of-the-kind").contains("`rxsim explain` lists all tables"));
}

#[test]
fn every_answer_fits_the_width_and_has_no_two_spaces_in_prose() {
    let everything = schema::words(TABLES)
        .chain(WORDS.iter().flat_map(|word| word.names.iter().copied()))
        .chain(GLOSSARY.iter().map(|term| term.word));
    let texts = everything.map(answer).chain([overview(TABLES)]);
    for text in texts {
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH && line.trim_end() == line, "{line}");
        }
    }
}
