//! Authenticates requests to AWS services: [`signature`] signs them (Signature Version 4), and
//! [`credentials`] come from the environment, or from the EC2 instance on which the program runs.
//!
//! Both are implemented here: the signature takes three dozen lines over `ring`, which TLS needs
//! anyway, while the crate `aws-sigv4` with its types would add 42 crates and `aws-config` over a
//! hundred, more than the rest of the bot has. `tests/peers/aws-signature` compares the signatures
//! with botocore's.

pub mod credentials;
pub mod signature;
