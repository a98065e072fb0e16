//! The registry of metrics agrees with the results, and `docs/metrics.md` with the registry.

use rxsim::scenario::load;
use rxsim::scenario::text::library;
use rxsim::study::metrics::{Metric, all, metric, shape};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Set to 1: the test writes the page instead of comparing it.
const REWRITE: &str = "RXSIM_WRITE_DOCS";

/// Where the figures of a flow stand besides the whole run.
const FLOWS: [(&str, &str); 6] = [
    ("vm.NAME[N]", "A virtual machine"),
    ("vm_groups.NAME", "A group of virtual machines together"),
    ("vnic.NAME", "A further virtual NIC, where its name is the only one"),
    ("vnic.NAME[N]", "A further virtual NIC, where they are numbered"),
    ("traffic.NAME", "A traffic source, its instances together"),
    ("traffic.NAME.instance[N]", "An instance of a source that has several"),
];

/// Paths of all built-in scenarios and designs.
fn paths() -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for name in library::names() {
        let source = library::find(name).expect("a name of the list");
        let loaded = load(&source, &[]).expect("built-in scenarios are sound");
        for design in loaded.designs().into_iter().map(Some).chain([None]) {
            let plan = loaded.plan(design).expect("built-in scenarios are supported");
            paths.extend(shape(&plan.world).walk().into_iter().map(|(path, _)| path));
        }
    }
    paths
}

#[test]
fn every_path_of_a_result_is_registered_and_every_registered_one_occurs() {
    let mut unseen: BTreeSet<&str> = all().iter().map(|metric| metric.path.as_str()).collect();
    for path in paths() {
        let found = metric(&path).unwrap_or_else(|| panic!("{path} is not registered"));
        unseen.remove(found.path.as_str());
    }
    assert_eq!(unseen, BTreeSet::new(), "no built-in scenario has these");
}

/// The figures of a flow, by their path within it.
fn of_flow() -> BTreeMap<&'static str, &'static Metric> {
    let prefix = "traffic.NAME.instance[N].";
    let own = |metric: &'static Metric| Some((metric.path.strip_prefix(prefix)?, metric));
    all().iter().filter_map(own).collect()
}

fn table<'m>(rows: impl Iterator<Item = &'m Metric>) -> String {
    let mut table = String::from("| path | unit | meaning |\n|---|---|---|\n");
    for Metric { path, unit, meaning } in rows {
        writeln!(table, "| `{path}` | {unit} | {meaning} |").expect("text takes every line");
    }
    table
}

fn page() -> String {
    let flow = of_flow();
    let mut page = String::from(
        "# Metrics\n\n\
         Every figure of a result has a path. `[[expect]]`, `rxsim compare`, the CSV files and\n\
         `rxsim explain PATH` name figures by it. `NAME` stands for a name of the scenario, `N` \
         for a\nnumber from 0. Rates are per second of the measured window. A share is a number \
         from 0 to 1.\nA figure without data is null.\n\n\
         ## The whole run\n\n",
    );
    let whole = |metric: &&Metric| !metric.path.contains("NAME");
    page.push_str(&table(all().iter().filter(whole)));
    page.push_str(
        "\n## Parts of the traffic\n\n\
         Each of these has the figures of the whole run from `offered` to `reordered`, of its own\n\
         packets: `traffic.NAME.loss`, `vm.NAME[N].latency.p99_us`.\n\n| path | of |\n|---|---|\n",
    );
    for (path, of) in FLOWS {
        writeln!(page, "| `{path}` | {of} |").expect("text takes every line");
    }
    page.push_str("\nBeside them:\n\n");
    let beside = |metric: &&Metric| {
        let own = |(prefix, _): &(&str, &str)| {
            metric.path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.'))
        };
        let within = FLOWS.iter().filter_map(own).collect::<Vec<_>>();
        !within.is_empty() && !within.iter().any(|path| flow.contains_key(path))
    };
    page.push_str(&table(all().iter().filter(beside)));
    for (title, prefix) in [("Hosts and their cores", "host."), ("Ports and their queues", "nic.")]
    {
        write!(page, "\n## {title}\n\n").expect("text takes every line");
        page.push_str(&table(all().iter().filter(|metric| metric.path.starts_with(prefix))));
    }
    page
}

#[test]
fn the_page_of_metrics_lists_the_registry() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    if std::env::var_os(REWRITE).is_some_and(|value| value == "1") {
        fs::write(&path, page()).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/metrics.md is not up to date: run this test with {REWRITE}=1");
}
