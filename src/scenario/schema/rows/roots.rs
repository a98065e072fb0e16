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
    /// the scenario
    pub struct ScenarioKeys: SCENARIO at "" {
        /// version of the file format
        format: Count(1, 1) = Value("1");
        /// one line that names the scenario
        title: Text = Value("");
        /// what it shows, and from which source
        about: Text = Value("");
        /// length of the measured window
        duration: Time = Says("with captures alone: until their last packet has ended; else it must be given");
        /// simulated before the window, not measured; "auto" finds it by MSER-5
        warmup: Warmup = Value("0 s");
        /// seed of all chance
        seed: Integer(0, u64::MAX as i128) = Value("1");
        /// independent runs; above 1 every figure has a 95 % interval
        replications: Integer(1, 100_000) = Value("1");
        /// record each packet's slowdown: its latency over what its own processing
        /// costs
        slowdown: Flag = Value("false");
        /// the servers
        host: Named(HostKeys, HOST) = Required;
        /// their ports
        nic: Named(NicKeys, NIC) = Required;
        /// ports that work together
        team: Named(TeamKeys, TEAM) = Says("none");
        /// groups of virtual machines
        vm: Named(VmKeys, VM) = Says("none");
        /// further virtual NICs
        vnic: Named(VnicKeys, VNIC) = Says("none");
        /// consumers on hosts
        app: Named(AppKeys, APP) = Says("none");
        /// CPU load that is not networking
        work: Named(WorkKeys, WORK) = Says("none");
        /// what the wire brings
        traffic: Named(TrafficKeys, TRAFFIC) = Required;
        /// what changes while it runs
        event: Tables(EventKeys, EVENT) = Says("none");
        /// alternatives for `compare`
        design: Designs = Says("none");
        /// axes for `sweep`
        sweep: Axes = Says("none");
        /// what the file claims
        expect: Tables(ExpectKeys, EXPECT) = Says("none");
    }
}

keys! {
    /// a claim of the file; `run` and `compare` fail where it is not so
    pub struct ExpectKeys: EXPECT at "expect" {
        /// path of the metric: "delivered.gbps"
        metric: Text = Required;
        /// the design that it concerns
        design: Text = Says("the plain file");
        /// least value
        min: Figure = Says("no bound");
        /// greatest value
        max: Figure = Says("no bound");
        /// the word, or true or false
        equals: Scalar = Says("none");
        /// the source of the claim
        why: Text = Value("");
    }
}
