//! The simulator: worlds worked out by hand in nanoseconds, random worlds in windows of any length.

mod against_reference; // the engine against the reference model, on random worlds
mod invariants; // what holds exactly in every run, on random worlds
mod reproducible; // same packets whatever the window, threads, build or design
mod affinity; // queues that move between cores
mod rps; // receive packet steering: software that places packets on cores
mod vmmq_rps_teams; // streams shared out among ports, recordings by address, work inside of VMs
mod virtual_functions; // rings that guests serve themselves
mod migrations; // machines that migrate: their losses, and one machine in results
mod changes; // receive paths, machines and links that change
mod closed_loops; // sources that wait for what becomes of their packets
mod broadcast; // packets for all virtual NICs of a port
mod flow_control; // ports that ask their peer to pause
mod internal_switch; // frames that the NIC's own switch forwards
mod non_preemptive; // an activity that runs is finished first
mod slowdown; // latency over a packet's own processing: by hand, against M/G/1
