//! The keys of the file itself and of expectations.

use super::events::{EVENT, EventKeys};
use super::guests::{VM, VNIC, VmKeys, VnicKeys};
use super::hosts::{APP, AppKeys, HOST, HostKeys, WORK, WorkKeys};
use super::nics::{NIC, NicKeys};
use super::teams::{TEAM, TeamKeys};
use super::traffics::{TRAFFIC, TrafficKeys};
use crate::engine::time::Span;
use crate::scenario::schema::key::Default::{Required, Says, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::Setting;
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::document::Node;

keys! {
    /// the keys at the top of the file
    pub struct ScenarioKeys: SCENARIO at "" {
        /// version of the file format
        format: Count(1, 1) = Value("1");
        /// one line that names the scenario
        title: Text = Value("");
        /// what the scenario shows, and its source
        about: Text = Value("");
        /// length of the measured time
        duration: Time = Says("the time until the last packet has ended if all traffic is recorded; otherwise it must be given");
        /// time that is simulated before the measured time. "auto" finds it by the rule MSER-5
        warmup: Warmup = Value("0 s");
        /// seed of all random draws
        seed: Integer(0, u64::MAX as i128) = Value("1");
        /// number of independent runs. With more than one, every figure has a 95 % interval
        replications: Integer(1, 100_000) = Value("1");
        /// records the slowdown of each packet: its latency divided by the cost of its own
        /// processing
        slowdown: Flag = Value("false");
        /// the servers
        host: Named(HostKeys, HOST) = Required;
        /// the ports of the servers
        nic: Named(NicKeys, NIC) = Required;
        /// ports that serve virtual NICs together
        team: Named(TeamKeys, TEAM) = Says("none");
        /// groups of virtual machines
        vm: Named(VmKeys, VM) = Says("none");
        /// further virtual NICs
        vnic: Named(VnicKeys, VNIC) = Says("none");
        /// programs on hosts that consume packets
        app: Named(AppKeys, APP) = Says("none");
        /// CPU load that does not come from the network
        work: Named(WorkKeys, WORK) = Says("none");
        /// sources of packets
        traffic: Named(TrafficKeys, TRAFFIC) = Required;
        /// changes during the run
        event: Tables(EventKeys, EVENT) = Says("none");
        /// alternatives that `compare` runs side by side
        design: Designs = Says("none");
        /// dotted keys with lists of values, for `sweep`
        sweep: Axes = Says("none");
        /// claims about the result
        expect: Tables(ExpectKeys, EXPECT) = Says("none");
    }
}

keys! {
    /// a claim about the result. `run` and `compare` end with exit code 1 if it does not
    /// hold
    pub struct ExpectKeys: EXPECT at "expect" {
        /// path of the metric, such as "delivered.gbps"
        metric: Text = Required;
        /// design that the claim is about
        design: Text = Says("the plain file");
        /// least value that the metric may have
        min: Figure = Says("no bound");
        /// greatest value that the metric may have
        max: Figure = Says("no bound");
        /// value that the metric must have: a word, true or false
        equals: Scalar = Says("none");
        /// the source of the claim
        why: Text = Value("");
    }
}
