//! Rules of the house, enforced on the program's own text.

mod architecture; // floors, stations, module cycles
mod docs; // what the documents name exists
mod public_names; // what the crate shows to its users
mod source_text; // the program's source as text, for the others
mod tidy; // heads, lengths, names, what must not occur
mod words; // words of the field instead of coinages
