//! What a file means: defaults, rounding, the worlds that it makes.

mod format; // the format as a whole
mod virtual_machines; // instances, cores, queues, sources
mod virtual_functions; // who has one, and what is missing for it
mod vm_events; // events of virtual machines, functions and links
mod own_policies; // policies that a program adds
mod policies; // policies, events and traffic that begins and ends
mod vmmq_rps_teams; // VMMQ, receive packet steering, teams, addresses, work inside of VMs
mod closed_loops; // closed loops, with what is wrong about them
