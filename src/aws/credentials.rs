//! AWS credentials, from the settings or from the metadata service of the EC2 instance (`IMDSv2`),
//! which issues those of the instance's role for some hours at a time.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::signature::Credentials;
use crate::error::{Error, Kind, Result};
use crate::http::{Client, Request};
use crate::locked::locked;
use crate::secret::Secret;

/// Credentials are renewed this long before they expire.
const RENEW_BEFORE: Duration = Duration::from_mins(5);
/// Timeout for the metadata service: it is on the same machine, and where it does not exist nobody
/// should wait long.
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);
const ROLES_PATH: &str = "/latest/meta-data/iam/security-credentials/";

/// The source of the credentials for each request.
#[derive(Debug)]
pub enum Provider {
    /// Credentials that never change.
    Fixed(Credentials),
    /// The credentials of the instance's role.
    Instance(Instance),
}

/// The metadata service.
#[derive(Debug)]
pub struct Instance {
    base: String,
    http: Client,
    cached: Mutex<Option<(Credentials, SystemTime)>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleCredentials {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: String,
}

impl Provider {
    /// The credentials `fixed`, or else those of the instance whose metadata service is at `base`.
    #[must_use]
    pub fn new(fixed: Option<Credentials>, base: &str) -> Self {
        match fixed {
            Some(credentials) => Self::Fixed(credentials),
            None => Self::Instance(Instance {
                base: base.trim_end_matches('/').to_owned(),
                http: Client::direct(),
                cached: Mutex::default(),
            }),
        }
    }

    /// Credentials that are valid at `now`.
    ///
    /// # Errors
    /// When the instance has no credentials; the message says what to do.
    pub fn get(&self, now: SystemTime) -> Result<Credentials> {
        match self {
            Self::Fixed(credentials) => Ok(credentials.clone()),
            Self::Instance(instance) => instance.get(now),
        }
    }

    /// Forgets credentials that AWS refused; returns whether others can be fetched.
    pub fn refuse(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Instance(instance) => {
                let mut cached = locked(&instance.cached);
                cached.take().is_some()
            }
        }
    }
}

impl Instance {
    fn get(&self, now: SystemTime) -> Result<Credentials> {
        // Locked while fetching, since other threads need the same credentials.
        let mut cached = locked(&self.cached);
        if let Some((credentials, until)) = &*cached
            && now + RENEW_BEFORE < *until
        {
            return Ok(credentials.clone());
        }
        match (self.fetch(), &*cached) {
            (Ok((credentials, until)), _) => {
                *cached = Some((credentials.clone(), until));
                Ok(credentials)
            }
            // Valid for some more minutes, in which the service may answer again.
            (Err(_), Some((credentials, until))) if now < *until => Ok(credentials.clone()),
            (Err(error), _) => Err(error.context(
                "no AWS credentials: give the instance a role, or set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY",
            )),
        }
    }

    fn fetch(&self) -> Result<(Credentials, SystemTime)> {
        let token = self.ask(
            Request::put(format!("{}/latest/api/token", self.base))
                .header("x-aws-ec2-metadata-token-ttl-seconds", "60"),
        )?;
        let get = |path: &str| {
            let request = Request::get(format!("{}{path}", self.base));
            self.ask(request.header("x-aws-ec2-metadata-token", &token))
        };
        let role = get(ROLES_PATH)?;
        let role = role.lines().next().unwrap_or_default().trim();
        let answer = get(&format!("{ROLES_PATH}{role}"))?;
        let garbled = |what| Error::new(Kind::Garbled { status: None }, what);
        let answer: RoleCredentials = serde_json::from_str(&answer).map_err(|cause| {
            garbled("the metadata service's credentials cannot be read").because(cause)
        })?;
        let until = humantime::parse_rfc3339(&answer.expiration)
            .map_err(|cause| garbled("the credentials' end cannot be read").because(cause))?;
        let credentials = Credentials {
            access_key: answer.access_key_id,
            secret_key: Secret::new(&answer.secret_access_key),
            session_token: Some(Secret::new(&answer.token)),
        };
        Ok((credentials, until))
    }

    fn ask(&self, request: Request) -> Result<String> {
        let answer = self
            .http
            .send(&request.timeout(METADATA_TIMEOUT).limit(64 << 10))?;
        let status = answer.head.status;
        if status != 200 {
            let what = format!("the metadata service answered with status {status}");
            return Err(Error::new(
                Kind::Garbled {
                    status: Some(status),
                },
                what,
            ));
        }
        String::from_utf8(answer.body).map_err(|cause| {
            Error::new(
                Kind::Garbled {
                    status: Some(status),
                },
                "the metadata service sent no text",
            )
            .because(cause)
        })
    }
}
