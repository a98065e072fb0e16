//! Mistakes in what a file says of virtual functions: where, why, and what to write instead.

use crate::fixtures::scenario_text::{Sound, refused};

/// A sound scenario with virtual functions; each case changes one line of it.
const SOUND: Sound = Sound(
    r#"duration = "10 ms"
[host.alpha]
cores = 4
costs = "hyperv-2012"
[nic.port0]
model = "intel-x550"
path = "sriov"
sriov = { vfs = 8 }
[vm.web]
count = 4
vcpus = 2
vf = true
[traffic.bulk]
to = "vm.web"
rate = "1 Gbps"
"#,
);

#[test]
fn the_sound_scenario_is_sound() {
    SOUND.is_sound();
}

#[test]
fn keys_of_virtual_functions_are_checked() {
    let vm = |line: &str, phrases: &[&str]| SOUND.change("vf = true", line, phrases);
    vm("vf = 1", &["`vm.web.vf`", "true or false"]);
    vm("vf_weigth = 50", &["`vm.web.vf_weigth`", "did you mean `vf_weight`?"]);
    vm("vf_weight = 101", &["outside of 0 to 100", "write 100"]);
    vm("IovWeight = 100", &["`IovWeight` is `vf_weight` here"]);
    vm("IovQueuePairsRequested = 2", &["`IovQueuePairsRequested` is `vf_queues` here"]);
    vm("vf_queues = 0", &["outside of 1 to 256"]);
    vm("vf_driver = \"none\"", &["`vm.web.vf_driver`", "true or false"]);
    vm("port_policy = \"acl\"", &["`vm.web.port_policy`", "a list is due"]);
    vm("port_policy = [\"acls\"]", &["\"acls\"", "\"acl\""]);
    vm("MacAddressSpoofing = true", &["`MacAddressSpoofing` is `port_policy` here"]);
}

#[test]
fn options_of_port_and_host_are_checked() {
    let port = |options: &str, phrases: &[&str]| {
        SOUND.change("{ vfs = 8 }", &format!("{{ {options} }}"), phrases);
    };
    port("vfs = 64", &["64 vfs are more than intel-x550 has", "it has 63", "write vfs = 63"]);
    port("vfs = -1", &["outside of 0 to 4096"]);
    port("max_vfs = 8", &["`max_vfs` is `vfs` here"]);
    port("EnableIov = true", &["`EnableIov` is `switch_iov` here"]);
    port("driver = \"ixgbe\"", &["`nic.port0.sriov.driver`", "true or false"]);
    let host = |options: &str, phrases: &[&str]| {
        SOUND.change("cores = 4", &format!("virtualization = {{ {options} }}"), phrases);
    };
    host("bios = true", &["`bios` is `firmware` here"]);
    host("VT-d = true", &["`VT-d` is `iommu` here"]);
    host("halt_poll = 200", &["`host.alpha.virtualization.halt_poll`", "\"200 us\""]);
    host("exits_per_interrupt = 2.5", &["a whole number is due"]);
    SOUND.change("cores = 4", "cost = { vm_exit = \"1 Gbps\" }", &["`host.alpha.cost.vm_exit`"]);
    let chance = "cost = { vm_wakeup = { mean = \"1 us\", distribution = \"exponential\" } }";
    SOUND.change("cores = 4", chance, &["`host.alpha.cost.vm_wakeup`"]);
}

#[test]
fn rings_of_a_function_need_a_table_of_its_own_and_vcpus() {
    let two = SOUND.0.replacen("vf = true", "vf = true\nvf_queues = 2", 1);
    for older in ["intel-82599", "intel-x540"] {
        let spreads = format!("{older} spreads nothing inside a virtual function");
        let why = "one for the port and all its functions";
        refused(&two.replacen("intel-x550", older, 1), &[&spreads, why, "vf_queues = 1"]);
    }
    SOUND.change("vf = true", "vf = true\nvf_queues = 4", &["4 rings are more", "it has 2"]);
    let one = two.replacen("vcpus = 2", "vcpus = 1", 1);
    refused(&one, &["2 rings need as many vCPUs", "1 vCPU is there", "vcpus = 2"]);
}

#[test]
fn what_cannot_be_combined_with_functions_says_why() {
    SOUND.change("intel-x550", "intel-82598", &["intel-82598 has no virtual functions", "\"vmq\""]);
    let rss = "path = \"sriov\"\nrss = { enabled = true }";
    SOUND.change("path = \"sriov\"", rss, &["RSS and SR-IOV", "RSS cannot be enabled while"]);
    let pools = "path = \"sriov\"\nvmq = { queues = 62 }";
    let served = "intel-x550 serves both from 64 pools";
    SOUND.change(
        "path = \"sriov\"",
        pools,
        &["62 queues and 4 virtual", served, "write queues = 60"],
    );
    SOUND.add(
        "[vnic.mgmt]\nvf = true",
        &["`mgmt` cannot have a virtual function", "the host's own"],
    );
    let filter = "[[nic.port0.filter]]\nmatch = { traffic = \"bulk\" }\naction = \"drop\"\n\
                  at = \"driver\"";
    SOUND.add(filter, &["never sees traffic \"bulk\"", "no driver of the host", "at = \"nic\""]);
}
