//! What the tests share: programs under test and the peers they talk to.

pub mod endpoint;
pub mod judge;
#[expect(dead_code, reason = "some are for tests of the library alone")]
#[path = "../../../crates/clip/src/model/tests/numbers.rs"]
mod numbers;
pub mod playground;
pub mod process;
pub mod raw;
pub mod server;
pub mod stage;
pub mod systemd;
pub mod telegram;
#[path = "../../../crates/clip/src/model/tests/tiny.rs"]
pub mod tiny;

use std::time::Duration;

/// Longest time any single expectation may take on a slow machine; reached only by a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);
