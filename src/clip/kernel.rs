//! Arithmetic that takes the time, once for each kind of processor; the fastest one that the
//! machine has is chosen when the program runs.

pub mod dot;
