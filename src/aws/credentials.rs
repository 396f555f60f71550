//! Where credentials come from: the environment, or the metadata service of the EC2 instance
//! (`IMDSv2`), which hands out those of the instance's role for some hours at a time.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::signature::Credentials;
use crate::error::{Error, Kind, Result};
use crate::http::{Client, Request};
use crate::locked::locked;
use crate::secret::Secret;

/// Credentials are fetched anew this long before they expire.
const EARLY: Duration = Duration::from_mins(5);
/// The service is on the same machine; where there is none, nobody must wait long.
const TIMEOUT: Duration = Duration::from_secs(2);
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// Gives credentials whenever a request needs them.
#[derive(Debug)]
pub enum Provider {
    /// Always the same.
    Fixed(Credentials),
    /// Those of the instance's role.
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
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: String,
}

impl Provider {
    /// `fixed` ones, else those of the instance whose metadata service is at `base`.
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

    /// Credentials that are good at `now`.
    ///
    /// # Errors
    /// When the instance has none to give; the message says what to do.
    pub fn get(&self, now: SystemTime) -> Result<Credentials> {
        match self {
            Self::Fixed(credentials) => Ok(credentials.clone()),
            Self::Instance(instance) => instance.get(now),
        }
    }

    /// Forgets what was refused; returns whether others can be had.
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
        // Held while fetching: who comes meanwhile needs the same.
        let mut cached = locked(&self.cached);
        if let Some((credentials, until)) = &*cached
            && now + EARLY < *until
        {
            return Ok(credentials.clone());
        }
        match (self.fetch(), &*cached) {
            (Ok((credentials, until)), _) => {
                *cached = Some((credentials.clone(), until));
                Ok(credentials)
            }
            // Good for some minutes more, in which the service may come back.
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
        let role = get(ROLES)?;
        let role = role.lines().next().unwrap_or_default().trim();
        let answer = get(&format!("{ROLES}{role}"))?;
        let garbled = |what| Error::new(Kind::Garbled { status: None }, what);
        let answer: Answer = serde_json::from_str(&answer).map_err(|cause| {
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
        let answer = self.http.send(&request.timeout(TIMEOUT).limit(64 << 10))?;
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
