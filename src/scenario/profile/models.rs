//! Limits of real NICs.

use super::numbers::{Profile, Row, choices, row};
use crate::scenario::schema::Choice;

/// The models as values of a key.
pub const MODELS: &[Choice] = &choices::<{ ALL.len() }>(ALL);

pub(super) const ALL: &[Profile] = &[
    Profile {
        name: "ideal",
        about: "no limits: unlimited link and buffer, DMA in no time, no moderation",
        rows: IDEAL,
    },
    Profile { name: "intel-82598", about: "10 GbE of 2007, no virtual functions", rows: I82598 },
    Profile { name: "intel-82599", about: "10 GbE of 2009 (X520)", rows: I82599 },
    Profile { name: "intel-x540", about: "10GBASE-T of 2012", rows: X540 },
    Profile {
        name: "intel-x550",
        about: "10GBASE-T of 2015, with an indirection table per virtual function",
        rows: X550,
    },
    Profile {
        name: "intel-xl710",
        about: "40 GbE of 2014 with one port, which has all functions of the device",
        rows: XL710,
    },
    Profile { name: "mellanox-cx5", about: "100 GbE of 2016 (ConnectX-5)", rows: CX5 },
];

const IXGBE: &str = "Linux drivers/net/ethernet/intel/ixgbe/ixgbe.h";
const LIKE_82599: &str = "as 82599: Linux ixgbe treats both alike";
const I40E: &str = "Linux drivers/net/ethernet/intel/i40e/i40e.h";
const EITR: &str = "EITR: 9 bits of 2.048 us, Linux ixgbe (956 to 488281 interrupts/s)";

static IDEAL: &[Row] = &[row("moderation.unit", "1 ps", "the clock's")];

static I82598: &[Row] = &[
    row("link", "10 Gbps", "a 10 GbE part"),
    row("buffer", "512 KiB", "Linux ixgbe_82598.c, IXGBE_82598_RX_PB_SIZE"),
    row("ring.min", "64", IXGBE),
    row("ring.max", "4096", IXGBE),
    row("queues", "64", "82598 datasheet p. 213"),
    row("vmq.queues", "16", "VMDq pools: 82598 datasheet, table 3-48"),
    row("rss.queues", "16", "82598 datasheet p. 213"),
    row("rss.table", "128", "Linux ixgbe"),
    row("vfs", "0", "the part has none"),
    row("vectors", "16", "Linux ixgbe.h: 18 MSI-X, 16 of them for queues"),
    row("moderation.unit", "2.048 us", "assumed, as 82599"),
    row("moderation.steps", "511", "assumed, as 82599"),
    row("max_frame", "16128 B", "assumed"),
    row("pcie.generation", "1", "assumed: PCIe 2.0 at 2.5 GT/s"),
    row("pcie.lanes", "8", "assumed"),
    row("pcie.max_payload", "128", "assumed"),
    row("pcie.latency", "900 ns", "assumed; round trips of 0.5 to 1 us"),
];

static I82599: &[Row] = &[
    row("link", "10 Gbps", "a 10 GbE part"),
    row("buffer", "512 KiB", "Linux ixgbe_type.h"),
    row("ring.min", "64", IXGBE),
    row("ring.max", "4096", IXGBE),
    row("queues", "128", IXGBE),
    row("vmq.queues", "64", "VMDq pools, Linux ixgbe.h; a Windows driver may offer fewer"),
    row("rss.queues", "16", IXGBE),
    row("rss.table", "128", "Linux ixgbe"),
    row("vfs", "63", "64 pools less the physical function's: Linux ixgbe_sriov.h"),
    row("pools", "64", "for queues of VMs and functions together: Linux ixgbe.h"),
    row("vectors", "63", "64 MSI-X (Linux ixgbe), one of them for other events"),
    row("moderation.unit", "2.048 us", EITR),
    row("moderation.steps", "511", EITR),
    row("max_frame", "9728 B", "Linux ixgbe_type.h"),
    row("pcie.generation", "2", "assumed: a Gen2 x8 part"),
    row("pcie.lanes", "8", "assumed: a Gen2 x8 part"),
    row("pcie.max_payload", "256", "assumed"),
    row("pcie.latency", "900 ns", "assumed; round trips of 0.5 to 1 us"),
];

static X540: &[Row] = &[
    row("link", "10 Gbps", "10GBASE-T"),
    row("buffer", "384 KiB", "Linux ixgbe_x540.c, IXGBE_X540_RX_PB_SIZE"),
    row("ring.min", "64", IXGBE),
    row("ring.max", "4096", IXGBE),
    row("queues", "128", "Linux ixgbe_x540.c, IXGBE_X540_MAX_RX_QUEUES"),
    row("vmq.queues", "64", LIKE_82599),
    row("rss.queues", "16", LIKE_82599),
    row("rss.table", "128", LIKE_82599),
    row("vfs", "63", LIKE_82599),
    row("pools", "64", LIKE_82599),
    row("vectors", "63", LIKE_82599),
    row("moderation.unit", "2.048 us", LIKE_82599),
    row("moderation.steps", "511", LIKE_82599),
    row("max_frame", "9728 B", LIKE_82599),
    row("pcie.generation", "2", "assumed, as 82599"),
    row("pcie.lanes", "8", "assumed, as 82599"),
    row("pcie.max_payload", "256", "assumed"),
    row("pcie.latency", "900 ns", "assumed; round trips of 0.5 to 1 us"),
];

static X550: &[Row] = &[
    row("link", "10 Gbps", "10GBASE-T"),
    row("buffer", "384 KiB", "assumed, as X540"),
    row("ring.min", "64", IXGBE),
    row("ring.max", "4096", IXGBE),
    row("queues", "128", "assumed, as 82599"),
    row("vmq.queues", "64", "VMDq pools, Linux ixgbe.h"),
    row("rss.queues", "63", "Linux ixgbe.h, IXGBE_MAX_RSS_INDICES_X550"),
    row("rss.table", "512", "Linux ixgbe_main.c, ixgbe_rss_indir_tbl_entries"),
    row("vfs", "63", LIKE_82599),
    row("pools", "64", LIKE_82599),
    row("vf.queues", "2", "Linux ixgbevf.h, IXGBEVF_MAX_RSS_QUEUES"),
    row("vf.rss.table", "64", "per function: Linux ixgbevf.h, IXGBEVF_X550_VFRETA_SIZE"),
    row("vectors", "63", LIKE_82599),
    row("moderation.unit", "2.048 us", LIKE_82599),
    row("moderation.steps", "511", LIKE_82599),
    row("max_frame", "9728 B", LIKE_82599),
    row("pcie.generation", "3", "assumed: a Gen3 x4 part"),
    row("pcie.lanes", "4", "assumed: a Gen3 x4 part"),
    row("pcie.max_payload", "256", "assumed"),
    row("pcie.latency", "900 ns", "assumed; round trips of 0.5 to 1 us"),
];

static XL710: &[Row] = &[
    row("link", "40 Gbps", "a 40 GbE part"),
    row("buffer", "512 KiB", "assumed, as 82599"),
    row("ring.min", "64", I40E),
    row("ring.max", "4096", "Linux i40e.h, I40E_MAX_NUM_DESCRIPTORS; later drivers 8160"),
    row("queues", "1536", "Linux i40e, I40E_MAX_PF_QUEUES"),
    row("vmq.queues", "256", "assumed: 256 VSIs, Linux i40e.h"),
    row("rss.queues", "64", "Linux i40e.h, i40e_pf_get_max_q_per_tc"),
    row("rss.table", "512", "assumed"),
    row("vfs", "128", "per device: DPDK, \"Intel virtual function driver\""),
    row("vf.queues", "16", "Linux i40e.h, I40E_MAX_VF_QUEUES"),
    row("vf.rss.table", "64", "per function: Linux i40evf.h, I40EVF_HLUT_ARRAY_SIZE"),
    row("vectors", "128", "assumed"),
    row("moderation.unit", "2 us", "assumed"),
    row("moderation.steps", "4080", "assumed"),
    row("max_frame", "9728 B", "assumed"),
    row("pcie.generation", "3", "assumed: a Gen3 x8 part"),
    row("pcie.lanes", "8", "assumed: a Gen3 x8 part"),
    row("pcie.max_payload", "256", "assumed"),
    row("pcie.latency", "900 ns", "assumed; round trips of 0.5 to 1 us"),
];

static CX5: &[Row] = &[
    row("link", "100 Gbps", "ConnectX-5 Ex"),
    row("buffer", "1 MiB", "assumed"),
    row("ring.min", "2", "Linux mlx5 en.h, MLX5E_PARAMS_MINIMUM_LOG_RQ_SIZE"),
    row("ring.max", "8192", "Linux mlx5 en.h, MLX5E_PARAMS_MAXIMUM_LOG_RQ_SIZE"),
    row("queues", "1024", "assumed"),
    row("vmq.queues", "1024", "assumed"),
    row("rss.queues", "128", "assumed"),
    row("rss.table", "4096", "assumed"),
    row("vfs", "127", "assumed"),
    row("vf.queues", "64", "assumed"),
    row("vf.rss.table", "128", "assumed"),
    row("vectors", "1023", "assumed"),
    row("moderation.unit", "1 us", "assumed"),
    row("moderation.steps", "4095", "assumed: 12 bits"),
    row("max_frame", "10000 B", "assumed"),
    row("pcie.generation", "3", "assumed: the XDP paper's Xeon E5-1650 v4"),
    row("pcie.lanes", "16", "assumed: a Gen3 x16 card"),
    row("pcie.max_payload", "256", "assumed"),
    row("pcie.latency", "900 ns", "assumed; round trips of 0.5 to 1 us"),
];
