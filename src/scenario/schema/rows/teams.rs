//! The keys of teams.

use super::values::{TeamBalance, TeamMode};
use crate::scenario::schema::key::Default::{Required, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::Setting;
use crate::scenario::schema::table_reader::TableReader;

keys! {
    /// ports that serve virtual NICs together (LBFO; failing over is not simulated); each
    /// names it with `nic`
    pub struct TeamKeys: TEAM at "team.NAME" {
        /// its ports, two or more
        nics: Names = Required, ["TeamMembers", "Members", "slaves"];
        /// whether the network's switch knows of it (static, LACP) and spreads what it
        /// sends
        mode: Choice(TeamMode) = Value("switch-independent"), ["TeamingMode", "LACP", "Static"];
        /// switch-independent: "hyperv-port" and "dynamic" give each virtual NIC one
        /// port in turn, which receives for it (sum of queues); "address-hash" receives
        /// by the first port alone. switch-dependent: each flow comes by the port that
        /// its hash names. Both of these need a queue on every port (min of queues)
        balance: Choice(TeamBalance) = Value("dynamic"),
            ["LoadBalancingAlgorithm", "xmit_hash_policy"];
    }
}
