//! The `argsz` command.

fn main() {}
