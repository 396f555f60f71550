//! Lets libFuzzer make cases for the target that `CLIP_BOT_FUZZ` names; see `run`.

#![no_main]

#[path = "targets/mod.rs"]
mod targets;

use std::sync::LazyLock;

static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    // libFuzzer would end at a panic that is caught, as the inbox catches those of its database.
    drop(std::panic::take_hook());
    let wanted = std::env::var("CLIP_BOT_FUZZ").unwrap_or_default();
    let found = targets::TARGETS
        .into_iter()
        .find(|(name, _)| *name == wanted);
    found
        .unwrap_or_else(|| panic!("CLIP_BOT_FUZZ={wanted} names no target"))
        .1
});

libfuzzer_sys::fuzz_target!(|case: &[u8]| TARGET(case));
