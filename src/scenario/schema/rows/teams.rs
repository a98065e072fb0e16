//! The keys of teams.

use super::values::{TeamBalance, TeamMode};
use crate::scenario::schema::key::Default::{Required, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::Setting;
use crate::scenario::schema::table_reader::TableReader;

keys! {
    /// ports that serve virtual NICs together (LBFO). A virtual NIC names its team as its
    /// `nic`. Failover is not simulated
    pub struct TeamKeys: TEAM at "team.NAME" {
        /// ports of the team, two or more
        nics: Names = Required, ["TeamMembers", "Members", "slaves"];
        /// whether the network's switch knows the team
        mode: Choice(TeamMode) = Value("switch-independent"), ["TeamingMode", "LACP", "Static"];
        /// how packets are distributed over the ports of a switch-independent team
        balance: Choice(TeamBalance) = Value("dynamic"),
            ["LoadBalancingAlgorithm", "xmit_hash_policy"];
    }
}
