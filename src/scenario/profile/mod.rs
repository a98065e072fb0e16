//! Profiles: named sets of numbers, each with its source or the word "assumed".

mod costs;
mod models;
mod numbers;

pub use costs::COST_PROFILES;
pub use models::MODELS;
pub use numbers::{Pcie, Profile, Row};

/// All profiles: costs, then NIC models.
pub fn all() -> impl Iterator<Item = &'static Profile> {
    costs::ALL.iter().chain(models::ALL)
}

/// The profile of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Profile> {
    all().find(|profile| profile.name == name)
}

/// The profile of this name, or else the one called `usual`.
///
/// # Panics
/// Where `usual` is no profile: it is written in this program, never by a user.
#[must_use]
pub fn find_or(name: Option<&str>, usual: &str) -> &'static Profile {
    name.and_then(find).or_else(|| find(usual)).expect("a profile of this program")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::text::units;

    fn ps(profile: &str, key: &str) -> u64 {
        let text = find(profile).and_then(|p| p.text(key)).expect("a cost");
        units::time(text).expect("a time").0
    }

    /// Picoseconds that a frame of 1518 B costs on hyperv-2012 in full rounds, with the driver's
    /// part and these entries.
    fn full_frame(packets: &[&str], bytes: &[&str]) -> u64 {
        let cost = |key: &str| ps("hyperv-2012", key);
        let sum = |keys: &[&str]| keys.iter().map(|key| cost(key)).sum::<u64>();
        cost("packet") + sum(packets) + 1518 * (cost("byte") + sum(bytes)) + cost("round") / 64
    }

    #[test]
    fn a_full_frame_costs_3470_ns_on_hyperv_2012_towards_host_and_vm() {
        assert_eq!(full_frame(&["stack_packet"], &["stack_byte"]), 3_470_000);
        let switch =
            full_frame(&["vswitch_packet", "vswitch_lookup"], &["vswitch_byte", "vswitch_copy"]);
        assert_eq!(switch, 3_470_000);
    }

    #[test]
    fn a_queue_of_its_own_saves_the_lookup_and_shared_memory_the_copy_too() {
        let vmq = full_frame(&["vswitch_packet"], &["vswitch_byte", "vswitch_copy"]);
        assert_eq!(vmq, 2_670_000);
        let line = 10e9 / (1538.0 * 8.0);
        assert!(line * vmq as f64 * 1e-12 < 0.75 * 3.0, "the line over three cores with room");
        assert_eq!(full_frame(&["vswitch_packet"], &["vswitch_byte"]), 2_366_400);
    }

    #[test]
    fn a_full_poll_of_dpdk_costs_22_900_ps_a_packet() {
        assert_eq!(64 * ps("dpdk", "packet") + ps("dpdk", "round"), 64 * 22_900);
    }

    #[test]
    fn generation_2_x8_carries_28_67_gbps() {
        let pcie = find("intel-82599").and_then(Profile::pcie).expect("a bus");
        assert_eq!(pcie.spec().bits, Some(28_672_000_000));
        let third = Pcie { generation: 3, ..pcie };
        assert_eq!(third.spec().bits, Some(57_848_123_076));
    }

    #[test]
    fn every_number_says_where_it_comes_from() {
        for profile in all() {
            assert!(profile.rows.iter().all(|row| row.source.len() > 6), "{}", profile.name);
        }
    }

    #[test]
    fn every_number_can_be_read() {
        for profile in all() {
            for row in profile.rows {
                let text = row.value;
                let known = [
                    text.parse::<u64>().is_ok(),
                    units::time(text).is_ok(),
                    units::size(text).is_ok(),
                    units::link(text).is_ok(),
                ];
                assert!(known.contains(&true), "{}: {}", profile.name, row.key);
            }
        }
    }
}
