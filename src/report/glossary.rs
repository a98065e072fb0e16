//! Words of the results that are no keys and no figures of their own: what each one means.

/// A word and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The word as results print it.
    pub word: &'static str,
    /// The meaning, in sentences.
    pub meaning: &'static str,
}

/// All words, sorted.
pub const GLOSSARY: &[Term] = &[
    Term {
        word: "bottleneck",
        meaning: "The resource that keeps the load from being carried: a core, a link, a packet \
                  buffer, a PCIe slot, a ring, a channel or an app. It is the one behind most \
                  losses or, if packets pile up instead, the busiest one. The verdict names it \
                  first, with the share of time in which it is busy.",
    },
    Term {
        word: "busy",
        meaning: "The share of the measured time in which a resource works. A core is busy with \
                  interrupts, deferred work, the virtual switch, guests, apps or work; a link is \
                  busy while a frame is on it.",
    },
    Term {
        word: "deferred work",
        meaning: "What the driver and the host's stack do with packets after the interrupt: a \
                  deferred procedure call on Windows, softirq on Linux. One core does it for a \
                  queue, in rounds of at most `budget` packets.",
    },
    Term {
        word: "delivered",
        meaning: "Packets that reached their consumer: the host's stack, an app, or a guest. \
                  What a filter discards on purpose is neither delivered nor lost.",
    },
    Term {
        word: "fingerprint",
        meaning: "A number over what happened to every packet, and when. Two runs with the same \
                  fingerprint did the same, whatever the machine and the number of threads.",
    },
    Term {
        word: "livelock",
        meaning: "Interrupts take so much of a core that little or no time is left to process \
                  the packets that they announce: the more arrives, the less is delivered.",
    },
    Term {
        word: "loss",
        meaning: "The share of offered packets that the receive path dropped. Every lost packet \
                  has a reason: `link_full`, `buffer_full`, `ring_full`, `backlog_full`, \
                  `vm_channel_full`, `link_down`, `no_filter`, `vm_paused`, `wrong_host`.",
    },
    Term {
        word: "next limit",
        meaning: "The resource that would be full next if the bottleneck had no limit, and the \
                  load at which it would be: lifting the bottleneck gains no more than that. \
                  \"At about X Gbps\" is an estimate that takes the use of the resource to grow \
                  in proportion to the load.",
    },
    Term {
        word: "offered",
        meaning: "Packets that senders put on the wire during the measured time, whatever \
                  becomes of them.",
    },
    Term {
        word: "on the wire",
        meaning: "The bits of a link per second with preamble and gap between frames: 20 bytes \
                  more per frame than the frame itself, which `Gbps` counts with its checksum.",
    },
    Term {
        word: "sustained",
        meaning: "The load is sustained, or carried, if at most 0.1 % of its packets are lost \
                  and no queue grows from start to end. A load that is not sustained meets a \
                  bottleneck. `sustained` is also the path of this flag in results.",
    },
    Term {
        word: "tcp payload",
        meaning: "The bits per second that an application would get of the frames: without \
                  Ethernet, IP and TCP headers.",
    },
    Term {
        word: "verdict",
        meaning: "The first lines of a result: the bottleneck, or that there is none, what was \
                  delivered, and the next limit.",
    },
    Term {
        word: "warm-up",
        meaning: "The time at the start of a run that is simulated and not measured, so that \
                  empty queues at the start do not flatter the result. The key is `warmup`.",
    },
];

/// The term for a word, whatever its case, and with spaces, hyphens and underscores alike.
#[must_use]
pub fn find(word: &str) -> Option<&'static Term> {
    GLOSSARY.iter().find(|term| plain(term.word) == plain(word))
}

/// A word's letters alone.
fn plain(word: &str) -> String {
    word.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_none_is_there_twice() {
        assert!(GLOSSARY.is_sorted_by(|one, next| one.word < next.word));
    }

    #[test]
    fn a_word_is_found_however_it_is_spelt() {
        for spelt in ["next limit", "next-limit", "next_limit", "Next Limit", "nextlimit"] {
            assert_eq!(find(spelt).map(|term| term.word), Some("next limit"), "{spelt}");
        }
        assert_eq!(find("limit"), None);
    }
}
