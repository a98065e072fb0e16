//! Words that the code does not use: each has a word of the field that says the same.
//!
//! A word is banned in identifiers, where the parts of `snake_case` and `CamelCase` count, and (if
//! no engineer would write it in a sentence) in comments. A name of more than five parts is a
//! sentence, too, as those of tests are. Literals are the users' and not read.

use crate::house::source_text::{SourceFile, none, under};

/// Where a word is banned.
#[derive(Clone, Copy, PartialEq)]
enum Where {
    /// In identifiers and comments.
    Everywhere,
    /// In identifiers: it is plain English in a sentence.
    Identifiers,
}

use Where::{Everywhere, Identifiers};

/// A banned word (parts are joined by `_`), where, and the word to write.
///
/// The engine's own words `outlook`, `rank`, `givers`, `Joint`, `Bounds`, `Pace`, `Terms` and `Works`
/// join this list with the rules that replace what they name. `flooded` is part of a metric's name,
/// Flood that of an author.
const BANNED: &[(&str, Where, &str)] = &[
    ("asks", Identifiers, "early_events"),
    ("behind_ring", Identifiers, "cause_of_ring_drops"),
    ("books", Identifiers, "window"),
    ("conclude", Everywhere, "complete"),
    ("copying", Identifiers, "memory_copy"),
    ("course", Identifiers, "schedule"),
    ("deal_out", Everywhere, "replicate"),
    ("departed", Identifiers, "in_transfer"),
    ("disturbance", Everywhere, "interrupt_penalty"),
    ("disturbed", Everywhere, "interrupt_penalty, preempted"),
    ("finishes_first", Identifiers, "defer_interrupt"),
    ("flood", Identifiers, "broadcast"),
    ("floods", Everywhere, "broadcasts"),
    ("give_back", Identifiers, "release"),
    ("gives_back", Identifiers, "release"),
    ("go_on", Identifiers, "resume"),
    ("goes_on", Identifiers, "continues, resume"),
    ("governor", Everywhere, "policy_runner"),
    ("governors", Everywhere, "policy_runners"),
    ("hand_off", Everywhere, "handoff (the act), send, deliver"),
    ("hand_over", Identifiers, "handoff, send, deliver"),
    ("hands_over", Identifiers, "send, deliver"),
    ("hasty", Everywhere, "probing_policy"),
    ("idle_polls", Identifiers, "empty_poll_time"),
    ("in_hand", Everywhere, "in service"),
    ("in_step", Everywhere, "lock_step"),
    ("is_unusual", Identifiers, "slow_path"),
    ("jointly", Everywhere, "synchronize"),
    ("lend", Everywhere, "take_unfinished"),
    ("lent", Everywhere, "take_unfinished"),
    ("let_go", Identifiers, "detach"),
    ("not_yet", Identifiers, "unsupported"),
    ("obstacle", Everywhere, "unsupported, compat"),
    ("only_cycles", Identifiers, "fast_path"),
    ("open_until", Identifiers, "sync_at"),
    ("owe", Everywhere, "pending_move_cost"),
    ("owed", Everywhere, "pending_move_cost"),
    ("owes", Everywhere, "pending_move_cost"),
    ("own_queues", Identifiers, "queue_pool"),
    ("pausing", Identifiers, "flow_control"),
    ("place_in", Identifiers, "pick"),
    ("restless", Everywhere, "probing_policy"),
    ("seat", Everywhere, "allowed_cores"),
    ("seats", Everywhere, "allowed_cores"),
    ("see_off", Everywhere, "send"),
    ("site", Everywhere, "host"),
    ("sites", Everywhere, "hosts"),
    ("soft_spread", Identifiers, "RpsSpec"),
    ("spreading", Identifiers, "rps"),
    ("stay", Identifiers, "relocation, attachment"),
    ("stays", Identifiers, "relocation, attachment"),
    ("stint", Everywhere, "timeslice"),
    ("stints", Everywhere, "timeslices"),
    ("take_up", Identifiers, "start_next"),
    ("takes_up", Identifiers, "start_next"),
    ("transit", Identifiers, "in_transfer"),
    ("visit_begun", Identifiers, "poll_started"),
    ("way", Identifiers, "rx_path"),
    ("ways", Identifiers, "rx_paths"),
    ("where_they_are", Identifiers, "vms_running_first"),
    ("wind_up", Everywhere, "finish"),
    ("wish", Everywhere, "VnicRequest, VfRequest"),
    ("with_peers", Identifiers, "widen_to_peers"),
    ("work_off", Everywhere, "drain"),
    ("works_off", Everywhere, "drains"),
];

/// The words of a line as lists of parts: parts of one identifier, or of words with a space or a
/// hyphen between them, are one list.
fn phrases(line: &str, spaced: bool) -> Vec<Vec<String>> {
    let mut lists = vec![Vec::<String>::new()];
    let mut before = ' ';
    for c in line.chars() {
        let list = lists.last_mut().expect("never empty");
        if c.is_ascii_alphanumeric() {
            let begins = !before.is_ascii_alphanumeric();
            let camel = c.is_ascii_uppercase() && !before.is_ascii_uppercase();
            if begins || camel || list.is_empty() {
                list.push(String::new());
            }
            list.last_mut().expect("one was pushed").push(c.to_ascii_lowercase());
        } else if c != '_' && !(spaced && matches!(c, ' ' | '-' | '`')) {
            lists.push(Vec::new());
        }
        before = c;
    }
    lists
}

fn holds(list: &[String], word: &str) -> bool {
    let parts: Vec<&str> = word.split('_').collect();
    list.windows(parts.len()).any(|window| window.iter().eq(parts.iter()))
}

/// "file:line: word: write ..." of the banned words of a file.
fn coinages(file: &SourceFile) -> Vec<String> {
    let mut found = Vec::new();
    let (code, comments) = (file.identifiers(), file.comments());
    let lines = code.lines().zip(comments.lines()).enumerate();
    for (at, (code, comment)) in lines {
        let (names, mut sentences) = (phrases(code, false), phrases(comment, true));
        let (long, names): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.len() > 5);
        sentences.extend(long);
        for (word, place, instead) in BANNED {
            let named = names.iter().any(|list| holds(list, word));
            let said = sentences.iter().any(|list| holds(list, word));
            if named || *place == Everywhere && said {
                let path = &file.path;
                found.push(format!("{path}:{}: {word}: write {instead}", at + 1));
            }
        }
    }
    found
}

#[test]
fn words_of_the_field_are_used() {
    let files = ["src", "tests", "benches", "examples"].into_iter().flat_map(under);
    let files = files.filter(|file| !file.path.ends_with("house/words.rs"));
    let found: Vec<String> = files.flat_map(|file| coinages(&file)).collect();
    none("a word of the field instead of a coinage", &found);
}

#[test]
fn coinages_are_seen_in_names_and_sentences() {
    let seen = |text: &str| {
        let found = coinages(&SourceFile::new("src/x.rs", text)).into_iter();
        found.map(|found| found.split(": ").nth(1).unwrap_or_default().to_string())
    };
    let text = "//! No stint.\nfn takes_up(x: RestlessThing) -> u8 { \"stint\" }\n";
    assert!(seen(text).eq(["stint", "restless", "takes_up"]));
    assert_eq!(
        seen("/// It takes up what follows.\nfn a_ring_takes_up_what_follows() {}\n").count(),
        0
    );
    assert_eq!(seen("fn stinted(restlessness: u8) {}\n").count(), 0);
}
