//! Floor 7: what people see.
