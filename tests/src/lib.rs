//! What crosses rooms: real compilers, real headers, recorded verdicts.
