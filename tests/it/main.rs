//! The real programs against scripted peers. One binary, so that it links once.

mod bot_config;
mod chat;
mod endpoint_faults;
mod reference_defects;
mod secrets;
mod support;
mod telegram_faults;
