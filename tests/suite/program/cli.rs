//! The command line as users meet it: commands, exit codes, files.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own for one test, removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("rxsim-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a folder for temporary files");
        Self(dir)
    }

    /// Writes a scenario that ends with `rest`.
    fn scenario(&self, rest: &str) -> String {
        let path = self.0.join("test.toml");
        fs::write(&path, format!("{SHORT}{rest}")).expect("a file for a scenario");
        path.to_str().expect("a path of text").to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const SHORT: &str = r#"
title = "Short"
duration = "1 ms"
[host.alpha]
cores = 2
[host.alpha.cost]
packet = "2 us"
[nic.port0]
link = "10 Gbps"
[traffic.bulk]
to = "host.alpha"
rate = "2 Gbps"
"#;

const DESIGNS: &str = r#"
[design.one]
"nic.port0.path" = "single-queue"
[design.fast]
"host.alpha.cost.packet" = "1 us"
"#;

fn rxsim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rxsim")).args(arguments).output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn json(arguments: &[&str]) -> Value {
    let output = rxsim(&[arguments, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

#[test]
fn a_run_prints_its_verdict_first_and_without_colours_into_a_pipe() {
    let scratch = Scratch::new("run");
    let output = rxsim(&["run", &scratch.scenario("")]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).starts_with("No bottleneck: "), "{}", stdout(&output));
    assert!(!stdout(&output).contains('\x1b'));
    assert!(stdout(&output).lines().all(|line| line.chars().count() <= 100));
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_failed_expectation_is_exit_1_and_a_passed_one_exit_0() {
    let scratch = Scratch::new("expect");
    for (bound, expected, word) in [("max = 1.0", 1, "FAIL"), ("min = 1.0", 0, "pass")] {
        let claim = format!("[[expect]]\nmetric = \"delivered.gbps\"\n{bound}\nwhy = \"a test\"");
        let output = rxsim(&["run", &scratch.scenario(&claim)]);
        assert_eq!(code(&output), expected, "{}", stderr(&output));
        assert!(stdout(&output).contains(word), "{}", stdout(&output));
    }
}

#[test]
fn bad_input_is_exit_2_with_a_message() {
    let scratch = Scratch::new("bad");
    let file = scratch.scenario("[[expect]]\nmetric = \"delivrd.gbps\"\nmin = 1");
    let nearest = rxsim(&["check", &file]);
    assert!(stderr(&nearest).contains("delivered.gbps"), "{}", stderr(&nearest));
    let file = file.as_str();
    let bad: [&[&str]; 9] = [
        &["check", file],
        &["run", file],
        &["run", "no-such-scenario"],
        &["run", file, "--set", "nic.port0.rng=8"],
        &["run", file, "--set", "nonsense"],
        &["run", file, "--design", "none"],
        &["compare", file],
        &["show", "nothing"],
        &["explain", "nothing-at-all"],
    ];
    for arguments in bad {
        let output = rxsim(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stdout(&output));
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn bad_input_stays_exit_2_where_nobody_reads_the_message() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rxsim"));
    command.args(["run", "no-such-scenario"]).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
}

#[test]
fn an_overlay_a_seed_and_replications_reach_the_result() {
    let scratch = Scratch::new("set");
    let file = scratch.scenario("");
    let set = ["--set", "traffic.bulk.rate=4 Gbps", "--seed", "7", "--replications", "3"];
    let found = json(&[&["run", &file][..], &set].concat());
    assert_eq!((&found["seed"], &found["replications"]), (&7.into(), &3.into()));
    let offered = found["metrics"]["offered"]["gbps"].as_f64().expect("a figure");
    assert!((3.5..4.5).contains(&offered), "{offered}");
    assert!(found["interval95"]["offered"]["gbps"].is_number());
    assert!(found["metrics"]["host"]["alpha"]["core"].as_array().expect("a list").len() == 2);
}

#[test]
fn the_same_file_and_seed_have_the_same_fingerprint_with_any_number_of_jobs() {
    let scratch = Scratch::new("jobs");
    let file = scratch.scenario("");
    let run =
        |jobs| json(&["run", &file, "--replications", "4", "--jobs", jobs])["fingerprint"].clone();
    assert_eq!(run("1"), run("3"));
}

#[test]
fn a_comparison_is_an_array_with_differences_from_the_first() {
    let scratch = Scratch::new("compare");
    let found = json(&["compare", &scratch.scenario(DESIGNS), "--replications", "3"]);
    let studies = found.as_array().expect("an array");
    assert_eq!(studies.len(), 2);
    assert_eq!((&studies[0]["design"], &studies[1]["design"]), (&"one".into(), &"fast".into()));
    assert!(studies[0].get("difference").is_none());
    let difference = &studies[1]["difference"]["latency.mean_us"];
    assert!(difference["mean"].as_f64().expect("a figure") < 0.0);
    assert!(difference["interval95"].is_number());
}

#[test]
fn claims_are_judged_where_they_are_made() {
    let scratch = Scratch::new("claims");
    let claim = |metric: &str, design: &str| {
        format!("[[expect]]\nmetric = \"{metric}\"\nmin = 0\nwhy = \"a test\"\n{design}\n")
    };
    let claims = [
        claim("loss", ""),
        claim("in_flight", "design = \"one\""),
        claim("reordered", "design = \"fast\""),
    ];
    let file = scratch.scenario(&format!("{DESIGNS}{}", claims.concat()));
    let judged = |study: &Value| -> Vec<String> {
        let claims = study["expect"].as_array().expect("an array").iter();
        claims.map(|claim| claim["metric"].as_str().expect("a word").to_owned()).collect()
    };
    assert_eq!(judged(&json(&["run", &file])), ["loss"]);
    assert_eq!(judged(&json(&["run", &file, "--design", "one"])), ["loss", "in_flight"]);
    let compared = json(&["compare", &file]);
    assert_eq!(judged(&compared[0]), ["in_flight"]);
    assert_eq!(judged(&compared[1]), ["reordered"]);
}

#[test]
fn a_claim_is_checked_against_its_own_design_alone() {
    let scratch = Scratch::new("own-design");
    let designs =
        "[design.six]\n\"host.alpha.cores\" = 6\n[design.one]\n\"host.alpha.cores\" = 1\n";
    let claim = |core: u32, design: &str| {
        format!("[[expect]]\nmetric = \"host.alpha.core[{core}].busy\"\nmin = 0\n{design}\n")
    };
    let sound = [claim(1, ""), claim(5, "design = \"six\"")].concat();
    let output = rxsim(&["check", &scratch.scenario(&format!("{designs}{sound}"))]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let wrong = claim(5, "design = \"one\"");
    let output = rxsim(&["check", &scratch.scenario(&format!("{designs}{wrong}"))]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("not in the result of design \"one\""), "{}", stderr(&output));
}

#[test]
fn nothing_delivered_leaves_no_gap_in_the_text() {
    let scratch = Scratch::new("gap");
    let set = ["--set", "host.alpha.cost.packet=1 s"];
    let output = rxsim(&[&["run", &scratch.scenario("")][..], &set].concat());
    let text = stdout(&output);
    assert!(text.contains("delivered        0"), "{text}");
    assert!(!text.contains("\n\n\n"), "{text}");
}

#[test]
fn lists_and_profiles_fit_100_columns() {
    let list = stdout(&rxsim(&["list"]));
    let entries = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = entries.filter_map(|line| line.split_whitespace().next());
    let shown: Vec<String> = names.map(|name| stdout(&rxsim(&["show", name]))).collect();
    assert!(shown.len() > 20 && shown.iter().all(|text| !text.is_empty()));
    for line in shown.iter().chain([&list]).flat_map(|text| text.lines()) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn results_go_into_a_folder_and_are_not_overwritten_unless_forced() {
    let scratch = Scratch::new("out");
    let file = scratch.scenario(DESIGNS);
    let out = scratch.0.join("out");
    let out = out.to_str().expect("a path of text");
    let compare = ["compare", file.as_str(), "--out", out, "--step", "100 us"];
    assert_eq!(code(&rxsim(&compare)), 0);
    for name in ["result.json", "result.csv", "result.md", "fast/series.csv", "one/cores.png"] {
        assert!(Path::new(out).join(name).is_file(), "{name}");
    }
    let again = rxsim(&compare);
    assert_eq!(code(&again), 2);
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
    assert_eq!(code(&rxsim(&[&compare[..], &["--force"]].concat())), 0);
    let series = fs::read_to_string(Path::new(out).join("one/series.csv")).expect("a series");
    assert_eq!(series.lines().filter(|line| line.contains(",delivered.gbps,")).count(), 10);
}

#[test]
fn what_is_built_in_can_be_listed_shown_and_explained() {
    for (arguments, part) in [
        (&["list"][..], "single-core-ceiling"),
        (&["show", "single-core-ceiling"], "[host.alpha]"),
        (&["show", "hyperv-2012"], "assumed"),
        (
            &["list"],
            "One core is the limit\n  single-core-ceiling             Without RSS one core",
        ),
        (&["explain", "ring"], "descriptors"),
        (&["explain", "bottleneck"], "keeps the load from being carried"),
        (&["explain", "next", "limit"], "would be full next"),
        (&["explain", "sustained"], "at most 0.1 %"),
        (&["schema"], "json-schema.org"),
        (&["completions", "bash"], "_rxsim()"),
        (&["man"], ".SH EXAMPLES"),
        (&["man", "compare"], "rxsim\\-compare"),
        (&["check", "single-core-ceiling"], "sound"),
        (&["--help"], "Exit codes"),
    ] {
        let output = rxsim(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}");
        assert!(stdout(&output).contains(part), "{arguments:?}: {}", stdout(&output));
    }
}

#[test]
fn manual_pages_of_all_commands_are_written_into_a_folder() {
    let scratch = Scratch::new("man");
    let folder = scratch.0.join("man1");
    let output = rxsim(&["man", "--out", folder.to_str().expect("a path of text")]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for name in ["rxsim.1", "rxsim-run.1", "rxsim-explain.1"] {
        let page = fs::read_to_string(folder.join(name)).expect("a page");
        assert!(page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
    assert_eq!(code(&rxsim(&["man", "rum"])), 2);
}
