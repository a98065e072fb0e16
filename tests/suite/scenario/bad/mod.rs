//! Each mistake in a file has a message that says what to write.

mod format; // the format as a whole
mod events; // events of virtual machines, functions and links
mod internal_switch; // traffic between virtual machines
mod virtual_functions; // virtual functions
mod vmmq_rps_teams; // VMMQ, receive packet steering, teams, addresses, work inside of VMs
