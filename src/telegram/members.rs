//! Who is in a chat, and what they may do there.

use serde::Deserialize;

use super::types::{Chat, User};

/// A user as one of a chat.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ChatMember {
    /// `creator`, `administrator`, `member`, `restricted`, `left`, `kicked`, or something newer.
    #[serde(default)]
    pub status: String,
    /// Who.
    #[serde(default)]
    pub user: User,
    /// Of `restricted` ones: whether they are in the chat at the moment.
    #[serde(default)]
    pub is_member: bool,
}

/// What somebody may do in a chat has changed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct MemberUpdate {
    /// Where.
    pub chat: Chat,
    /// What it was.
    pub old_chat_member: ChatMember,
    /// What it is.
    pub new_chat_member: ChatMember,
}

impl ChatMember {
    /// Whether the user is in the chat. A status that nobody knows yet says nothing of that.
    #[must_use]
    pub fn is_in(&self) -> bool {
        match self.status.as_str() {
            "member" => true,
            "restricted" => self.is_member,
            _ => self.leads(),
        }
    }

    /// Whether the user is an administrator.
    #[must_use]
    pub fn leads(&self) -> bool {
        matches!(self.status.as_str(), "creator" | "administrator")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_surely_in_the_chat_is_a_member() {
        for (status, is_member, expected) in [
            ("creator", false, (true, true)),
            ("administrator", false, (true, true)),
            ("member", false, (true, false)),
            ("restricted", true, (true, false)),
            ("restricted", false, (false, false)),
            ("left", true, (false, false)),
            ("kicked", true, (false, false)),
            ("hologram", true, (false, false)),
            ("", true, (false, false)),
        ] {
            let member = ChatMember {
                status: status.to_owned(),
                is_member,
                ..ChatMember::default()
            };
            assert_eq!((member.is_in(), member.leads()), expected, "{status}");
        }
    }
}
