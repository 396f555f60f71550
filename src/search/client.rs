//! The bot's side of the search contract.
