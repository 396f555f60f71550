//! Requests to AWS services that only let known callers in: [`signature`] (Signature Version 4) and
//! [`credentials`] (from the environment, or from the instance the program runs on).
//!
//! Both are our own: the signature is three dozen lines over `ring`, which TLS brings along anyway,
//! where the crate `aws-sigv4` with its types would bring 42 more crates and `aws-config` over a
//! hundred, more than the rest of the bot has. `tests/peers/aws-signature` compares it with
//! botocore's.

pub mod credentials;
pub mod signature;
