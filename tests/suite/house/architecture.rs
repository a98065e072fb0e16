//! The floors of ARCHITECTURE.md, enforced on the text of src/.
//!
//! A file depends on another when its production code writes a path into it: by `use` or inline,
//! from `crate::`, `super::`, `self::` or a child's bare name. The path counts to the file that
//! holds the item: one that goes through a re-export counts to where the re-export leads. Neither
//! a `mod` declaration nor a re-export is itself a dependency of a parent on its child.
//!
//! A call `.name(` is a dependency, too, on the file that declares this method, where exactly one
//! type of src/ has one of this name.

use crate::house::source_text::methods::{called, declared};
use crate::house::source_text::paths::written;
use crate::house::source_text::{SourceFile, none, production};
use std::collections::{BTreeMap, BTreeSet};

/// The folders of src/, lowest floor first, those of one floor together; the binary is on top.
const FLOORS: [&[&str]; 11] = [
    &["engine"],
    &["vocab"],
    &["measure"],
    &["rx", "policy"],
    &["world"],
    &["sim", "scenario"],
    &["error"],
    &["study"],
    &["report"],
    &["cli"],
    &["main"],
];

/// The rooms of src/sim, lowest floor first; those of one floor are the automaton of `CYCLES`.
const ROOMS: [&[&str]; 7] = [
    &["queue"],
    &["itinerary"],
    &["accounting"],
    &["nic"],
    &["core", "coupling", "host", "control"],
    &["window"],
    &["simulation"],
];

/// What a room uses of a higher one, until it stands lower.
const OF_HIGHER_ROOMS: &[&str] = &[];

/// Files that depend on each other on purpose: the folder or module they stay within, the files,
/// and why.
const CYCLES: &[(&str, &[&str], &str)] = &[(
    "sim",
    &[
        "sim/control/affinity",
        "sim/core/backlog",
        "sim/core/core",
        "sim/core/handoff",
        "sim/core/stack/busy_poll",
        "sim/core/stack/fast_path",
        "sim/core/stack/interrupt_per_packet",
        "sim/core/stack/linux_napi",
        "sim/core/stack/pooled",
        "sim/core/threads/guests",
        "sim/core/threads/scheduler",
        "sim/coupling/floating",
        "sim/coupling/outlook",
        "sim/coupling/rps",
        "sim/coupling/synchronize",
        "sim/host/host",
        "sim/host/nic_binding",
    ],
    "one automaton, the cores of a host, whose methods are spread over the files of its activities",
)];

/// Methods of the standard library that types of src/ have, too: a call says nothing about its
/// type.
const OF_THE_STANDARD_LIBRARY: [&str; 27] = [
    "build", "clear", "cmp", "collect", "copied", "entry", "extend", "get", "insert", "is_empty",
    "iter", "join", "kind", "last", "len", "map", "max", "min", "next", "pop", "push", "remove",
    "retain", "skip", "sum", "take", "write",
];

/// One file's dependency on another module.
struct Dependency {
    from: Vec<String>,
    to: Vec<String>,
    /// "file:line: path", as it is written, or "file:line: .method()".
    place: String,
}

/// Modules, and what re-exports call which path in each.
struct Modules {
    all: BTreeSet<Vec<String>>,
    handed_on: BTreeMap<(Vec<String>, String), Vec<String>>,
}

impl Modules {
    fn of(files: &[SourceFile]) -> Self {
        let all = files.iter().map(SourceFile::module).collect();
        let mut modules = Self { all, handed_on: BTreeMap::new() };
        for file in files {
            for path in written(file).into_iter().filter(|path| path.handed_on) {
                if let Some(absolute) = modules.absolute(&file.module(), &path.segments)
                    && let Some(name) = path.name
                {
                    modules.handed_on.insert((file.module(), name), absolute);
                }
            }
        }
        modules
    }

    /// A path from the crate's root, or none if it leads out of the crate or to a local name.
    fn absolute(&self, from: &[String], path: &[String]) -> Option<Vec<String>> {
        let mut base = from.to_vec();
        let mut rest = path;
        match path[0].as_str() {
            "crate" | "rxsim" => {
                base.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|segment| segment == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            child => {
                let child = [from, &[child.to_string()]].concat();
                if !self.all.contains(&child) {
                    return None;
                }
            }
        }
        Some([&base, rest].concat())
    }

    /// The module that holds the item of an absolute path.
    fn holder(&self, path: &[String]) -> Vec<String> {
        let length = (0..=path.len()).rev().find(|&length| self.all.contains(&path[..length]));
        let length = length.expect("the crate's root is a module");
        let module = path[..length].to_vec();
        let Some(name) = path.get(length) else { return module };
        let Some(target) = self.handed_on.get(&(module.clone(), name.clone())) else {
            return module;
        };
        self.holder(&[target, &path[length + 1..]].concat())
    }
}

/// Where each method is declared whose name no two types have.
fn methods(files: &[SourceFile]) -> BTreeMap<String, Vec<String>> {
    let mut places: BTreeMap<String, BTreeSet<(String, Vec<String>)>> = BTreeMap::new();
    for file in files {
        for method in declared(file) {
            places.entry(method.name).or_default().insert((method.owner, file.module()));
        }
    }
    let known = |name: &str| !OF_THE_STANDARD_LIBRARY.contains(&name);
    let only = |(name, places): (String, BTreeSet<(String, Vec<String>)>)| {
        let mut places = places.into_iter();
        let (_, module) = places.next()?;
        (places.next().is_none() && known(&name)).then_some((name, module))
    };
    places.into_iter().filter_map(only).collect()
}

fn dependencies(files: &[SourceFile]) -> Vec<Dependency> {
    let modules = Modules::of(files);
    let methods = methods(files);
    let mut found = Vec::new();
    for file in files {
        let from = file.module();
        for path in written(file).iter().filter(|path| !path.handed_on) {
            let Some(absolute) = modules.absolute(&from, &path.segments) else { continue };
            let to = modules.holder(&absolute);
            if to != from {
                let place = format!("{}:{}: {}", file.path, path.line, path.segments.join("::"));
                found.push(Dependency { from: from.clone(), to, place });
            }
        }
        for call in called(file) {
            let Some(to) = methods.get(&call.name).filter(|to| **to != from) else { continue };
            let place = format!("{}:{}: .{}()", file.path, call.line, call.name);
            found.push(Dependency { from: from.clone(), to: to.clone(), place });
        }
    }
    found
}

fn floor(module: &[String]) -> Option<usize> {
    let folder = module.first()?.as_str();
    FLOORS.iter().position(|floor| floor.contains(&folder))
}

fn against_the_floors(files: &[SourceFile]) -> Vec<String> {
    let within = |d: &Dependency| d.from.first() == d.to.first();
    let lower = |d: &Dependency| floor(&d.to).is_some_and(|to| Some(to) < floor(&d.from));
    // The root of the library hands on names of every floor.
    let upward = |d: &Dependency| !d.from.is_empty() && !within(d) && !lower(d);
    dependencies(files).into_iter().filter(upward).map(|d| d.place).collect()
}

fn between_stations(files: &[SourceFile]) -> Vec<String> {
    let station = |module: &[String]| match module {
        [rx, station, ..] if rx == "rx" => Some(station.clone()),
        _ => None,
    };
    let other = |d: &Dependency| {
        station(&d.from).is_some() && station(&d.to).is_some() && station(&d.from) != station(&d.to)
    };
    dependencies(files).into_iter().filter(other).map(|d| d.place).collect()
}

/// Groups of modules each of which depends, over some steps, on each other one of its group.
fn cycles(dependencies: &[Dependency]) -> BTreeSet<BTreeSet<String>> {
    let mut next: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for d in dependencies {
        next.entry(d.from.join("/")).or_default().insert(d.to.join("/"));
    }
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        next.keys().map(|from| (from, reach(&next, from))).collect();
    let group = |from: &&String| {
        let mutual =
            reached[from].iter().filter(|to| reached.get(*to).is_some_and(|r| r.contains(from)));
        mutual.map(ToString::to_string).collect::<BTreeSet<String>>()
    };
    reached.keys().map(group).filter(|group| !group.is_empty()).collect()
}

fn reach<'a>(next: &'a BTreeMap<String, BTreeSet<String>>, from: &String) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&String> = next[from].iter().collect();
    while let Some(module) = open.pop() {
        if seen.insert(module) {
            open.extend(next.get(module).into_iter().flatten());
        }
    }
    seen
}

#[test]
fn every_folder_of_src_has_a_floor() {
    let homeless = production()
        .into_iter()
        .filter(|file| !file.module().is_empty() && floor(&file.module()).is_none());
    let homeless: Vec<String> = homeless.map(|file| format!("{}:1", file.path)).collect();
    none("every folder of src/ stands on a floor of ARCHITECTURE.md", &homeless);
}

#[test]
fn a_folder_imports_lower_floors_only() {
    let found = against_the_floors(&production());
    let order = FLOORS.map(|floor| floor.join(" | ")).join(" < ");
    none(&format!("a folder imports lower floors only: {order}"), &found);
}

#[test]
fn rooms_of_the_simulator_import_lower_rooms_only() {
    let room = |module: &[String]| {
        let name = module.get(1)?;
        module[0].eq("sim").then(|| ROOMS.iter().position(|rooms| rooms.contains(&name.as_str())))
    };
    let mut found = Vec::new();
    for d in dependencies(&production()) {
        let (Some(from), Some(to)) = (room(&d.from), room(&d.to)) else { continue };
        let (path, written) = d.place.split_once(':').expect("file:line: path");
        let written = written.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
        if (from.is_none() || from < to)
            && !OF_HIGHER_ROOMS.contains(&format!("{path}:{written}").as_str())
        {
            found.push(d.place);
        }
    }
    let order = ROOMS.map(|rooms| rooms.join(" | ")).join(" < ");
    none(&format!("a room of src/sim imports lower rooms only: {order}"), &found);
}

#[test]
fn no_station_imports_another() {
    none("no station of src/rx imports another", &between_stations(&production()));
}

/// What a policy is handed is all that it sees: no instrument, no timeline, no generator.
#[test]
fn policies_know_time_and_words_only() {
    let may = |to: &[String]| match to {
        [engine, module, ..] if engine == "engine" => module == "time",
        [folder, ..] => folder == "vocab" || folder == "policy",
        [] => false,
    };
    let dependencies = dependencies(&production()).into_iter();
    let of_policies = dependencies.filter(|d| d.from.first().is_some_and(|f| f == "policy"));
    let found: Vec<String> = of_policies.filter(|d| !may(&d.to)).map(|d| d.place).collect();
    none("src/policy imports engine::time and vocab only", &found);
}

#[test]
fn modules_depend_on_each_other_only_where_it_is_said_why() {
    let dependencies = dependencies(&production());
    let mut found = Vec::new();
    let said = |group: &BTreeSet<String>| {
        CYCLES.iter().any(|(_, files, _)| group.iter().eq(files.iter().copied()))
    };
    let groups = cycles(&dependencies);
    for group in groups.iter().filter(|group| !said(group)) {
        let inner =
            |d: &&Dependency| group.contains(&d.from.join("/")) && group.contains(&d.to.join("/"));
        let places: Vec<&str> =
            dependencies.iter().filter(inner).map(|d| d.place.as_str()).collect();
        found.push(format!("{group:?} is a cycle:\n    {}", places.join("\n    ")));
    }
    for (home, files, why) in CYCLES {
        let group: BTreeSet<String> = files.iter().map(ToString::to_string).collect();
        if !groups.contains(&group) {
            found.push(format!("{files:?} is no cycle any more: strike it ({why})"));
        }
        if !files.iter().all(|file| file.starts_with(home)) {
            found.push(format!("{files:?} leaves {home}"));
        }
    }
    none("no module cycle, but for those named in CYCLES", &found);
}

#[test]
fn the_engine_knows_no_packet() {
    let files = production();
    let mut of_packets = BTreeSet::new();
    for file in files.iter().filter(|file| file.path.starts_with("src/vocab/")) {
        let tokens = file.tokens();
        let types =
            tokens.windows(2).filter(|two| ["struct", "enum", "type"].contains(&two[0].text));
        of_packets.extend(types.map(|two| two[1].text.to_string()));
    }
    assert!(of_packets.contains("Packet"), "vocab/ no longer declares Packet: {of_packets:?}");
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("src/engine/")) {
        for token in file.tokens().iter().filter(|token| token.is_word()) {
            let named = token.text.to_lowercase().contains("packet");
            if named || of_packets.contains(token.text) {
                found.push(format!("{}:{}: {}", file.path, token.line, token.text));
            }
        }
    }
    none("src/engine mentions no type of src/vocab and no packet", &found);
}

#[test]
fn only_scenario_and_report_know_serde() {
    let mut found = Vec::new();
    for file in production() {
        let may = matches!(file.module().first().map(String::as_str), Some("scenario" | "report"));
        for token in file.tokens().iter().filter(|_| !may) {
            if token.is_word() && token.text.starts_with("serde") {
                found.push(format!("{}:{}: {}", file.path, token.line, token.text));
            }
        }
    }
    none("serde is for src/scenario and src/report", &found);
}

#[test]
fn imports_upward_sideways_and_in_a_circle_are_seen_however_they_are_written() {
    let files = [
        SourceFile::new("src/lib.rs", "pub mod policy;\npub mod rx;\npub mod sim;\n"),
        SourceFile::new("src/sim/mod.rs", "pub mod site;\npub use site::Site;\n"),
        SourceFile::new("src/sim/site.rs", "use crate::rx::{ring, wire::Wire};\n"),
        SourceFile::new("src/policy.rs", "use crate::rx::wire::Wire;\n"),
        SourceFile::new("src/rx/mod.rs", "pub mod ring;\npub mod wire;\n"),
        SourceFile::new("src/rx/ring.rs", "//! crate::sim\nfn f(x: super::super::sim::Site) {}\n"),
        SourceFile::new("src/rx/wire.rs", "use super::{\n    ring::Ring,\n};\n"),
    ];
    assert_eq!(
        against_the_floors(&files),
        ["src/policy.rs:1: crate::rx::wire::Wire", "src/rx/ring.rs:2: super::super::sim::Site"]
    );
    assert_eq!(between_stations(&files), ["src/rx/wire.rs:2: super::ring::Ring"]);
    let circle = ["sim/site", "rx/ring", "rx/wire"].map(String::from);
    assert_eq!(cycles(&dependencies(&files)), BTreeSet::from([BTreeSet::from(circle)]));
}
