//! The real programs against scripted peers. One binary, so that it links once.

mod endpoint;
mod endpoint_engine;
mod endpoint_limits;
mod endpoint_settings;
mod space;
mod support;
