//! The keys of virtual machines and their NICs.

use super::values::{PortPolicy, VcpuPlacement};
use crate::scenario::schema::key::Default::{Says, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::{CpuList, Setting};
use crate::scenario::schema::table_reader::TableReader;

keys! {
    /// what every virtual NIC can ask for: the one that each VM has, and further ones
    pub struct PortKeys {
        /// the port, or team, whose virtual switch it is on
        nic: Text = Says("the only NIC");
        /// wants a queue of its own: first come, first served, in the order of the file
        vmq: Flag = Value("false"), ["VmqWeight"];
        /// queues that `vmq` wants, with an indirection table of their own, each with
        /// its channel to a vCPU as far as these go (VMMQ, Windows Server 2016); the
        /// first that are left
        vmq_queues: Count(1, 256) = Value("1"),
            ["VMMQ", "VmmqEnabled", "VmmqQueuePairs", "VrssMaxQueuePairs"];
        /// spread by software over the host's cores, as `spread` of its port says, and
        /// over its vCPUs: a channel to each (virtual RSS, Windows Server 2012 R2);
        /// needs a queue of its own, a link of 10 Gbps, two vCPUs, and no virtual
        /// function
        vrss: Flag = Value("false"), ["VrssEnabled", "virtual RSS", "VrssQueueSchedulingMode"];
        /// wants a virtual function: first come, first served, in the order of the file
        vf: Flag = Value("false");
        /// 0: no virtual function, whatever `vf` says; else no difference
        vf_weight: Count(0, 100) = Value("100"), ["IovWeight"];
        /// rings of its virtual function, spread by hash over as many vCPUs; more than
        /// one only where the model has a table per virtual function
        vf_queues: Count(1, 256) = Value("1"), ["IovQueuePairsRequested"];
        /// policies on its port of the virtual switch; any takes the virtual function
        /// away
        port_policy: Choices(PortPolicy) = Says("none"),
            ["Add-VMNetworkAdapterAcl", "MaximumBandwidth", "MacAddressSpoofing"];
        /// packets in each channel from the virtual switch
        channel: Count(1, 1 << 20) = Value("1024");
        /// its MAC address, such as "02:00:00:00:00:10"; those of a group follow one
        /// another
        mac: Text = Says("none; recordings with to = \"addresses\" need it"),
            ["MacAddress", "StaticMacAddress"];
        /// recorded frames are for it only with this tag; 0: only without one
        vlan: Count(0, 4094) = Says("whatever VLAN, or none"), ["VlanId", "AccessVlanId"];
    }
}

keys! {
    /// a group of virtual machines
    pub struct VmKeys: VM at "vm.NAME" {
        /// how many: NAME[0], NAME[1], ...
        count: Count(1, 4096) = Value("1");
        /// it runs from the start on; else the event start-vm starts it
        running: Flag = Value("true");
        /// virtual processors of each
        vcpus: Count(1, 1024) = Value("1");
        /// where its vCPUs run
        cores: Cpus = Says("all");
        /// a vCPU has its core, or wakes up on the least loaded of `cores`
        placement: Choice(VcpuPlacement) = Value("pinned");
        /// its guest has a driver for virtual functions
        vf_driver: Flag = Value("true");
        + port: PortKeys;
    }
}

keys! {
    /// a further virtual NIC, of a VM or of the host
    pub struct VnicKeys: VNIC at "vnic.NAME" {
        /// its group of VMs
        vm: Text = Says("none: it belongs to the host");
        + port: PortKeys;
    }
}
