//! A port, from the traffic sources up to the rings' doors.

pub(crate) mod merge;
pub(crate) mod link;
pub(crate) mod flow_control;
pub(crate) mod internal_switch;
pub(crate) mod port;
