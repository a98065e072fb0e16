//! The suite: one binary, in reading order.

mod source_code; // the program's own source, read as text, for the next two
mod architecture; // floors, stations, module cycles
mod tidy; // heads, lengths, words that must not occur
mod docs; // what the documents name exists
mod sampling; // random laws against an independent crate; bits pinned
mod sources; // when packets come, how large, to which flow
mod parts; // parts of sources: the same stream, shared out
mod line_rate; // frames on the link, to the picosecond
mod captures; // recorded traffic, sound and damaged
mod toeplitz; // the published verification suite of the hash
mod balls_in_bins; // how evenly hashing spreads flows
mod good_scenarios; // what the format means: defaults, rounding, the worlds it makes
mod vm_scenarios; // the same for virtual machines: instances, cores, queues, sources
mod sriov_scenarios; // ... and for virtual functions: who has one, and what is missing for it
mod migration_scenarios; // ... and for events of virtual machines, functions and links
mod move_scenarios; // ... and for policies, events and traffic that begins and ends
mod after_2012_scenarios; // ... and for queues with tables, spreading in software, teams, addresses
mod loop_scenarios; // ... and for closed loops, with what is wrong about them
mod bad_scenarios; // each mistake has a message that says what to write
mod bad_events; // ... those about events
mod bad_inside;
mod bad_sriov; // ... those about virtual functions
mod bad_after_2012; // ... those about what came after 2012
mod reference; // the contract (docs/contract.md) as a plain event heap
mod worlds; // random worlds, small enough to compare packet by packet
mod against_reference; // the engine against the reference model, on random worlds
mod result_shape; // what a result holds: paths, intervals, when a load is carried
mod built_in; // the scenarios that come with the program
mod cli; // commands, exit codes, files
mod replicated; // many runs of a scenario against an exact figure
mod queues; // textbook queues: M/M/1, M/D/1, finite rooms, mixes, separate queues
mod inside;
mod interrupts; // moderation, polling, cyclic service: vacation queues
mod livelock; // interrupts starve what comes after them, masked ones do not
mod bursts; // counted by hand: line rate, bursts into rings, transfers over a bus
mod invariants; // what holds exactly in every run, on random worlds
mod dispatch; // cores that share packets: against a plain loop, and textbook queues
mod non_preemptive; // what is in hand is finished first
mod reproducible; // same packets whatever the window, threads, build or design
mod spread; // what even and uneven hashing means for throughput, packet by packet
mod guests; // switch, guests, VMQ: queues in a row, processor sharing, arithmetic of queues
mod spreading; // software that spreads packets over cores: by hand, in any window, as queues
mod after_2012; // streams shared out among ports, recordings by address, work inside of VMs: runs
mod moves; // queues that move between cores, by hand
mod virtual_functions; // rings that guests serve themselves: by hand, in any window, as queues
mod migrations; // machines that migrate: their losses, and one machine in results
mod changes; // ways, machines and links that change: by hand, in any window
mod closed_loops; // sources that wait for what becomes of their packets
mod floods; // packets for all virtual NICs of a port: by hand, in any window
mod pause; // ports that ask their peer to pause: by hand, in any window
mod slowdown; // latency over a packet's own processing: by hand, against M/G/1
mod published; // measurements of others: calibrated at some points, predicted at the rest
