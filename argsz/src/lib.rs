//! The contract of extensible kernel structs at run time.
#![no_std]
