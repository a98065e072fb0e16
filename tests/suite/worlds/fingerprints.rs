//! The fingerprints of random worlds, held against `tests/fingerprints.txt`.
//!
//! The draws of existing levels are frozen: a new feature gets a new level, with a stream of its
//! own. A line of the file changes only where a mistake was mended, named in CHANGELOG.md with the
//! reason.
//!
//! `.ci/scenarios` checks the lines of the built-in scenarios.
//! `RXSIM_WRITE_FINGERPRINTS=1 cargo test --test suite fingerprints` writes the lines of the worlds.

use super::{EVERYTHING, PLAIN, random_world};
use crate::fixtures::runs::run;
use std::collections::BTreeMap;
use std::fs;
use std::thread;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fingerprints.txt");

/// Random worlds per level.
const WORLDS: u64 = 200;

/// How many lines of a difference are shown.
const SHOWN: usize = 20;

/// What is run (scenario, design, seed) and the fingerprint found.
type Fingerprints = BTreeMap<String, String>;

fn is_world(line: &str) -> bool {
    line.starts_with("world:")
}

/// Splits lines before their last word. No line may be there twice.
fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Fingerprints {
    let mut parsed = Fingerprints::new();
    for line in lines {
        let (run, fingerprint) = line.rsplit_once(' ').expect("a line has four words");
        let before = parsed.insert(run.to_owned(), fingerprint.to_owned());
        assert_eq!(before, None, "{run} is there twice");
    }
    parsed
}

fn of_level(level: u8) -> Vec<String> {
    let fingerprint = |seed| run(&random_world(seed, level)).fingerprint;
    (0..WORLDS).map(|seed| format!("world:{level} - {seed} {:016x}", fingerprint(seed))).collect()
}

/// The lines of all worlds, one thread per level.
fn simulated() -> Vec<String> {
    thread::scope(|scope| {
        let levels: Vec<_> =
            (PLAIN..=EVERYTHING).map(|level| scope.spawn(move || of_level(level))).collect();
        levels.into_iter().flat_map(|level| level.join().expect("no world panics")).collect()
    })
}

/// Every difference between the file and what was found, a line each.
fn differences(file: &Fingerprints, found: &Fingerprints) -> Vec<String> {
    let mut told = Vec::new();
    for (run, fingerprint) in found {
        match file.get(run) {
            None => told.push(format!("missing: {run} {fingerprint}")),
            Some(expected) if expected != fingerprint => {
                told.push(format!("differs: {run} {expected}, found {fingerprint}"));
            }
            Some(_) => {}
        }
    }
    let extra = file.iter().filter(|(run, _)| !found.contains_key(*run));
    told.extend(extra.map(|(run, fingerprint)| format!("extra:   {run} {fingerprint}")));
    told
}

/// Replaces the lines of the worlds and keeps all others. The file is written aside, then renamed:
/// another test may be reading it.
fn write(text: &str, worlds: &[String]) {
    let others = text.lines().filter(|line| !is_world(line));
    let mut lines: Vec<&str> = others.chain(worlds.iter().map(String::as_str)).collect();
    lines.sort_unstable();
    let aside = format!("{FILE}.new");
    fs::write(&aside, lines.join("\n") + "\n").expect("the folder is writable");
    fs::rename(&aside, FILE).expect("the file is writable");
}

#[test]
fn random_worlds_keep_their_fingerprints() {
    let text = fs::read_to_string(FILE).expect("the file is part of the crate");
    let worlds = simulated();
    if std::env::var_os("RXSIM_WRITE_FINGERPRINTS").is_some_and(|value| value == "1") {
        write(&text, &worlds);
        return;
    }
    let file = parse(text.lines().filter(|line| is_world(line)));
    let told = differences(&file, &parse(worlds.iter().map(String::as_str)));
    let shown = told[..told.len().min(SHOWN)].join("\n");
    assert!(told.is_empty(), "{} of {} lines\n{shown}", told.len(), worlds.len());
}

/// The order is that of `LC_ALL=C sort`, in which both writers leave the file.
#[test]
fn the_file_is_sorted_and_every_line_has_four_words() {
    let text = fs::read_to_string(FILE).expect("the file is part of the crate");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.is_sorted(), "not in the order of LC_ALL=C sort");
    for line in &lines {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, _, seed, fingerprint] = words[..] else { panic!("not four words: {line}") };
        assert!(seed.parse::<u64>().is_ok(), "no seed: {line}");
        let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        assert!(fingerprint.len() == 16 && fingerprint.chars().all(is_hex), "no hash: {line}");
    }
}

#[test]
fn a_line_that_differs_is_missing_or_is_extra_is_told() {
    let file = parse(["a - 1 00", "b - 1 00", "c - 1 00"].into_iter());
    let found = parse(["a - 1 00", "b - 1 01", "d - 1 00"].into_iter());
    let told = ["differs: b - 1 00, found 01", "missing: d - 1 00", "extra:   c - 1 00"];
    assert_eq!(differences(&file, &found), told);
    assert!(differences(&file, &file).is_empty());
}
