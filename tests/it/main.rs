//! The real programs against scripted peers. One binary, so that it links once.

mod aws;
mod bot_config;
mod chaos;
mod chat;
mod clip_model;
mod endpoint;
mod endpoint_engine;
mod endpoint_faults;
mod endpoint_limits;
mod endpoint_settings;
mod endpoint_systemd;
mod inbox;
mod lambda;
mod pages;
mod playground;
mod playground_server;
mod reference_defects;
mod secrets;
mod seeds;
mod space;
mod strictness;
mod support;
mod systemd;
mod telegram_faults;
mod tidy;
mod units;
