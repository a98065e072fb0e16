//! Small worlds worked out by hand, which the reference model must agree with. Times are in
//! nanoseconds.

mod basics; // interrupts, rounds, rings, moderation, threads
mod ties; // coincidences, costs and filters
mod virtual_machines; // switch, channels, notifications, vCPUs
mod vm_ties; // coincidences around virtual machines
mod affinity; // queues and table entries that move
mod virtual_functions; // rings that guests serve themselves
mod changes; // receive paths, machines and links that change
mod closed_loops; // sources that wait for what becomes of their packets
mod broadcast; // packets for all virtual NICs of a port
mod rps; // receive packet steering
mod flow_control; // ports that ask their peer to pause
mod internal_switch; // frames that the NIC's own switch forwards
