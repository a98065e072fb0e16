//! The keys of virtual machines and their NICs.

use super::values::{PortPolicy, VcpuPlacement};
use crate::scenario::schema::key::Default::{Says, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::{CpuList, Setting};
use crate::scenario::schema::table_reader::TableReader;

keys! {
    /// what each virtual NIC can request: the one that each VM has, and further ones
    pub struct PortKeys {
        /// port or team whose virtual switch the virtual NIC is connected to
        nic: Text = Says("the only port");
        /// whether the virtual NIC requests a queue of its own. Queues are assigned in the
        /// order of the file
        vmq: Flag = Value("false"), ["VmqWeight"];
        /// number of queues that `vmq` requests (VMMQ, Windows Server 2016). The virtual NIC
        /// gets as many as are left. An indirection table of the virtual NIC distributes
        /// packets over its queues. Each queue has a channel to a vCPU, as long as there are
        /// enough vCPUs
        vmq_queues: Count(1, 256) = Value("1"),
            ["VMMQ", "VmmqEnabled", "VmmqQueuePairs", "VrssMaxQueuePairs"];
        /// whether software distributes the packets over the host's cores and over the vCPUs,
        /// each with a channel (virtual RSS, Windows Server 2012 R2). The key `spread` of the
        /// port names the cores. The virtual NIC needs a queue of its own, a link of 10 Gbps
        /// and two vCPUs, and must not have a virtual function
        vrss: Flag = Value("false"), ["VrssEnabled", "virtual RSS", "VrssQueueSchedulingMode"];
        /// whether the virtual NIC requests a virtual function. Virtual functions are assigned
        /// in the order of the file
        vf: Flag = Value("false");
        /// 0 forbids a virtual function, whatever `vf` says. All other values have the same
        /// effect
        vf_weight: Count(0, 100) = Value("100"), ["IovWeight"];
        /// number of rings of the virtual function. A hash distributes packets over the rings,
        /// and each ring belongs to another vCPU. More than one ring needs a model with an
        /// indirection table per virtual function
        vf_queues: Count(1, 256) = Value("1"), ["IovQueuePairsRequested"];
        /// policies on the virtual NIC's port of the virtual switch. Any policy excludes a
        /// virtual function
        port_policy: Choices(PortPolicy) = Says("none"),
            ["Add-VMNetworkAdapterAcl", "MaximumBandwidth", "MacAddressSpoofing"];
        /// packets that each channel from the virtual switch holds
        channel: Count(1, 1 << 20) = Value("1024");
        /// MAC address, such as "02:00:00:00:00:10". The VMs of a group have consecutive
        /// addresses
        mac: Text = Says("none; recordings with to = \"addresses\" need a value"),
            ["MacAddress", "StaticMacAddress"];
        /// VLAN of the recorded frames that are for the virtual NIC. The value 0 selects frames
        /// without a tag
        vlan: Count(0, 4094) = Says("frames of any VLAN, and frames without a tag"), ["VlanId", "AccessVlanId"];
    }
}

keys! {
    /// a group of virtual machines
    pub struct VmKeys: VM at "vm.NAME" {
        /// number of virtual machines in the group: NAME[0], NAME[1], ...
        count: Count(1, 4096) = Value("1");
        /// whether the VMs run from the start. Otherwise the event start-vm starts them
        running: Flag = Value("true");
        /// virtual processors per VM
        vcpus: Count(1, 1024) = Value("1");
        /// cores of the host that the vCPUs run on
        cores: Cpus = Says("all");
        /// how vCPUs are placed on `cores`
        placement: Choice(VcpuPlacement) = Value("pinned");
        /// whether the guest has a driver for virtual functions
        vf_driver: Flag = Value("true");
        + port: PortKeys;
    }
}

keys! {
    /// a further virtual NIC, of a group of VMs or of the host
    pub struct VnicKeys: VNIC at "vnic.NAME" {
        /// group of VMs that the virtual NIC belongs to
        vm: Text = Says("none: the virtual NIC belongs to the host");
        + port: PortKeys;
    }
}
