//! Which cores serve the receive queues of a port.
//!
//! Receive queues never use SMT siblings (Microsoft, "Introduction to receive side scaling").

/// The logical processors of a host; siblings of one physical core have neighbouring numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processors {
    /// Logical processors.
    pub logical: u32,
    /// Logical processors per physical core.
    pub smt: u32,
    /// NUMA nodes: contiguous blocks of equally many physical cores.
    pub nodes: u32,
}

/// How queues choose among the cores (`*RSSProfile`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// From the base processor upwards.
    Closest,
    /// Round robin over the NUMA nodes, upwards within each.
    NumaStatic,
    /// As few processors as possible. The documentation ("as few as sustain the load") describes a
    /// rule that moves with the load; a static reading of it is half of the cores, rounded up
    /// (assumed).
    Conservative,
}

/// The core of each of `queues` queues: queue k has the (k mod n)-th of the n usable ones.
#[must_use]
pub fn place(queues: u32, usable: &[u32]) -> Vec<u32> {
    usable.iter().copied().cycle().take(queues as usize).collect()
}

/// The cores that queues may use, in the order in which they take them: min(`max_processors`,
/// physical cores from logical processor `base_processor` on).
#[must_use]
pub fn usable(
    profile: Profile,
    base_processor: u32,
    max_processors: u32,
    processors: Processors,
) -> Vec<u32> {
    let Processors { logical, smt, nodes } = processors;
    let physical = logical / smt;
    let mut cores: Vec<u32> = (base_processor.div_ceil(smt)..physical).collect();
    match profile {
        Profile::Closest => {}
        Profile::NumaStatic => {
            let node = |core: u32| u64::from(core) * u64::from(nodes) / u64::from(physical);
            let before = |core: u32| cores.iter().filter(move |other| **other < core);
            let rank = |core: u32| before(core).filter(|other| node(**other) == node(core)).count();
            let mut turns: Vec<_> =
                cores.iter().map(|&core| (rank(core), node(core), core)).collect();
            turns.sort_unstable();
            cores = turns.into_iter().map(|(_, _, core)| core).collect();
        }
        Profile::Conservative => cores.truncate(cores.len().div_ceil(2)),
    }
    cores.truncate(max_processors as usize);
    cores.into_iter().map(|core| core * smt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(profile: Profile, base: u32, max: u32, processors: [u32; 3]) -> Vec<u32> {
        let [logical, smt, nodes] = processors;
        place(8, &usable(profile, base, max, Processors { logical, smt, nodes }))
    }

    #[test]
    fn queues_share_the_cores_left_from_the_base_processor() {
        assert_eq!(placed(Profile::Closest, 0, 6, [4, 1, 1]), [0, 1, 2, 3, 0, 1, 2, 3]);
        assert_eq!(placed(Profile::Closest, 1, 6, [4, 1, 1]), [1, 2, 3, 1, 2, 3, 1, 2]);
        assert_eq!(placed(Profile::Closest, 0, 2, [4, 1, 1]), [0, 1, 0, 1, 0, 1, 0, 1]);
        assert!(placed(Profile::Closest, 4, 6, [4, 1, 1]).is_empty());
        assert!(placed(Profile::Closest, 0, 0, [4, 1, 1]).is_empty());
    }

    #[test]
    fn siblings_are_never_used() {
        assert_eq!(placed(Profile::Closest, 0, 8, [8, 2, 1]), [0, 2, 4, 6, 0, 2, 4, 6]);
        assert_eq!(placed(Profile::Closest, 3, 8, [8, 2, 1]), [4, 6, 4, 6, 4, 6, 4, 6]);
        assert!(placed(Profile::Closest, 7, 8, [8, 2, 1]).is_empty());
    }

    #[test]
    fn numa_static_takes_the_nodes_in_turn() {
        assert_eq!(placed(Profile::NumaStatic, 0, 8, [8, 1, 2]), [0, 4, 1, 5, 2, 6, 3, 7]);
        assert_eq!(placed(Profile::NumaStatic, 0, 2, [8, 1, 2]), [0, 4, 0, 4, 0, 4, 0, 4]);
        assert_eq!(placed(Profile::NumaStatic, 0, 8, [8, 2, 2]), [0, 4, 2, 6, 0, 4, 2, 6]);
        assert_eq!(placed(Profile::NumaStatic, 3, 8, [8, 1, 2]), [3, 4, 5, 6, 7, 3, 4, 5]);
        assert_eq!(placed(Profile::NumaStatic, 0, 8, [4, 1, 1]), [0, 1, 2, 3, 0, 1, 2, 3]);
    }

    #[test]
    fn conservative_uses_half_of_the_cores() {
        assert_eq!(placed(Profile::Conservative, 0, 8, [8, 1, 1]), [0, 1, 2, 3, 0, 1, 2, 3]);
        assert_eq!(placed(Profile::Conservative, 5, 8, [8, 1, 1]), [5, 6, 5, 6, 5, 6, 5, 6]);
        assert_eq!(placed(Profile::Conservative, 7, 8, [8, 1, 1]), [7; 8]);
    }
}
