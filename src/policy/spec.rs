//! A policy with its parameters, as a scenario names it.

use super::contract::Policy;
use super::dynamic_vmq::DynamicVmq;
use super::fixed::Fixed;
use super::irqbalance::Irqbalance;
use super::least_loaded::LeastLoaded;
use super::rss_plus_plus::RssPlusPlus;
use super::share::Share;
use crate::engine::time::Span;

/// Declares the policies that come with the program, a row each: what the program calls it, its name
/// in scenarios, what it does, and how it is made of its parameters.
macro_rules! policies {
    ($spec:ident: $($kind:ident = $name:literal: $meaning:literal => $policy:expr;)+) => {
        /// The policies that come with the program.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(not(feature = "internals"), non_exhaustive)]
        pub enum Kind {
            $(#[doc = $meaning] $kind,)+
        }

        impl Kind {
            /// All of them.
            pub const ALL: [Self; [$(Self::$kind),+].len()] = [$(Self::$kind),+];

            /// The name in scenarios.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// What it does.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$kind => $meaning,)+
                }
            }
        }

        impl PolicySpec {
            /// The policy, before its first tick.
            fn policy(&self) -> Box<dyn Policy> {
                let $spec = self;
                match self.kind {
                    $(Kind::$kind => Box::new($policy),)+
                }
            }
        }
    };
}

policies! { spec:
    Fixed = "fixed": "no queue and no table entry moves" => Fixed;
    DynamicVmq = "dynamic-vmq": "Dynamic VMQ of Windows Server 2012 R2 moves queues to idle cores and \
        back (`vmq` alone)" => DynamicVmq {
        expand_above: spec.expand_above,
        traffic_above: spec.traffic_above,
        contract_below: spec.contract_below,
    };
    RssPlusPlus = "rss++": "RSS++ moves entries of the indirection table (`rss` alone)"
        => RssPlusPlus { tolerance: spec.tolerance };
    LeastLoaded = "least-loaded": "the busiest queue moves to the least loaded core" => LeastLoaded;
    Irqbalance = "irqbalance": "irqbalance of Linux moves interrupts among cores"
        => Irqbalance::new(spec.power_save);
}

impl Kind {
    /// The policy of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it moves entries of the indirection table, and so has nothing to do without one.
    #[must_use]
    pub const fn moves_entries(self) -> bool {
        matches!(self, Self::RssPlusPlus)
    }
}

/// A policy with its parameters; each policy reads its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PolicySpec {
    /// Which policy.
    pub kind: Kind,
    /// How often it is asked. `rss++`: 100 ms (`TIMER` of FastClick's DeviceBalancer).
    /// `irqbalance`: 10 s (its manual). The others: 100 ms (assumed).
    pub interval: Span,
    /// `dynamic-vmq`: a core busier than this gives queues away. 90 % (assumed).
    pub expand_above: Share,
    /// `dynamic-vmq`: but only if it spends more than this on receiving. 25 % (assumed).
    pub traffic_above: Share,
    /// `dynamic-vmq`: how busy a core may become when queues return to it. 60 % (assumed).
    pub contract_below: Share,
    /// `rss++`: a core is overloaded this far above the mean. 2 % of a core (`IMBALANCE_THRESHOLD`
    /// of FastClick's DeviceBalancer).
    pub tolerance: Share,
    /// `irqbalance`: how many cores must be idle for one of them to be spared. Never (the default
    /// of its `--powerthresh`).
    pub power_save: Option<u32>,
}

impl PolicySpec {
    /// A policy with its default parameters.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        let interval = match kind {
            Kind::Irqbalance => Span::ms(10_000),
            _ => Span::ms(100),
        };
        Self {
            kind,
            interval,
            expand_above: Share::percent(90),
            traffic_above: Share::percent(25),
            contract_below: Share::percent(60),
            tolerance: Share::percent(2),
            power_save: None,
        }
    }

    /// Whether the parameters make sense: the interval is above zero, and queues that were given
    /// away do not return at once.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.interval > Span::ZERO && self.contract_below < self.expand_above
    }

    /// The policy, before its first tick.
    ///
    /// # Panics
    ///
    /// If the parameters are not sound, which a checked scenario excludes.
    #[must_use]
    pub fn build(&self) -> Box<dyn Policy> {
        assert!(self.is_sound(), "{self:?}");
        self.policy()
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract::{Loads, Move, Start};
    use super::super::fixture::random;
    use super::*;
    use crate::engine::chance::Stream;
    use std::collections::BTreeMap;

    /// Every policy, and those with modes in each of these.
    fn specs() -> Vec<PolicySpec> {
        let saving = PolicySpec { power_save: Some(1), ..PolicySpec::of(Kind::Irqbalance) };
        Kind::ALL.into_iter().map(PolicySpec::of).chain([saving]).collect()
    }

    /// Asks one policy about many random loads, one after the other; gives moves per look.
    fn asked(spec: &PolicySpec, seed: u64) -> Vec<(Loads, Vec<Move>)> {
        let mut stream = Stream::new(seed, "policy", "spec");
        let mut policy = spec.build();
        let mut look = || {
            let loads = random(&mut stream);
            let moves = policy.rebalance(&loads);
            (loads, moves)
        };
        (0..500).map(|_| look()).collect()
    }

    #[test]
    fn moves_name_what_exists_and_is_not_in_place() {
        for spec in specs() {
            let name = spec.kind.name();
            let mut count = 0;
            for (mut loads, moves) in asked(&spec, 1) {
                let mut moved = BTreeMap::new();
                for &step in &moves {
                    assert_eq!(loads.apply(step), Ok(()), "{name}: {step:?} of {moves:?}");
                    let what = match step {
                        Move::Queue { queue, .. } => (0, queue.0),
                        Move::Entry { entry, .. } => (1, entry.0),
                    };
                    assert!(moved.insert(what, step).is_none(), "{name} moves twice: {moves:?}");
                    assert_eq!(matches!(step, Move::Entry { .. }), spec.kind.moves_entries());
                    count += 1;
                }
            }
            assert_eq!(count > 100, spec.kind != Kind::Fixed, "{name}: {count} moves");
        }
    }

    #[test]
    fn queues_on_cores_that_are_not_to_be_used_are_left_alone() {
        for spec in specs() {
            for (loads, moves) in asked(&spec, 2) {
                for step in moves {
                    let from = match step {
                        Move::Queue { queue, .. } => loads.queues[queue.at()].core,
                        Move::Entry { entry, .. } => {
                            loads.queues[loads.entries[entry.at()].queue.at()].core
                        }
                    };
                    assert!(loads.is_usable(from), "{}: {step:?}", spec.kind.name());
                }
            }
        }
    }

    #[test]
    fn who_saw_the_same_moves_the_same() {
        for spec in specs() {
            assert_eq!(asked(&spec, 3), asked(&spec, 3));
        }
    }

    #[test]
    fn nothing_to_move_is_no_reason_to_fail() {
        for spec in specs() {
            assert!(spec.build().rebalance(&Loads::default()).is_empty());
        }
    }

    #[test]
    fn names_are_those_of_the_policies_and_lead_back() {
        for kind in Kind::ALL {
            let policy = PolicySpec::of(kind).build();
            assert_eq!(policy.name(), kind.name());
            assert_eq!(Kind::named(kind.name()), Some(kind));
            assert_eq!(policy.start() == Start::Home, kind == Kind::DynamicVmq);
        }
        assert_eq!(Kind::named("random"), None);
    }

    #[test]
    fn thresholds_without_a_gap_are_not_sound() {
        let spec = PolicySpec::of(Kind::DynamicVmq);
        assert!(spec.is_sound());
        assert!(!PolicySpec { contract_below: spec.expand_above, ..spec }.is_sound());
        assert!(!PolicySpec { interval: Span::ZERO, ..spec }.is_sound());
    }
}
