//! Floor 5: from a TOML file to a world.
