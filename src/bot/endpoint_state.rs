//! What the search endpoint says of itself in `/health` and `/ready`.

use crate::search::Reason;

/// How the endpoint is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointState {
    /// What searches there: `clip`, `space` or `mock`; nothing where it does not say.
    pub engine: Option<String>,
    /// Of clip-search.
    pub version: Option<String>,
    /// How many pictures it searches, where it knows.
    pub pictures: Option<usize>,
    /// Why a search would fail.
    pub trouble: Option<Reason>,
}
