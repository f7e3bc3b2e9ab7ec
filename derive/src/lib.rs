//! Proc macros of argsz.
