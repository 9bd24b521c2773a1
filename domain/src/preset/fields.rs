//! Reading typed fields out of a TOML table while collecting every mistake with its line.
