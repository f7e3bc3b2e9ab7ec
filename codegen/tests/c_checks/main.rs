//! Printed checks are compiled by real compilers, and run.

mod by_hand;
mod support;
