//! Instructions of one kind of processor a file, each behind a proof that the processor has them.

/// Calls `$tile` compiled for tiles of `$rows` rows, 1 to 6.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! for_rows {
    ($rows:expr, $tile:ident($($argument:expr),*)) => {
        match $rows {
            1 => $tile::<1>($($argument),*),
            2 => $tile::<2>($($argument),*),
            3 => $tile::<3>($($argument),*),
            4 => $tile::<4>($($argument),*),
            5 => $tile::<5>($($argument),*),
            6 => $tile::<6>($($argument),*),
            _ => unreachable!("tiles have up to 6 rows"),
        }
    };
}

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx2_codes;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx2_septets;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(super) mod neon;
