//! Who is answered.

/// The allow-list of users and chats. Empty: everyone.
#[derive(Debug, Clone, Default)]
pub struct Access {
    allowed: Vec<i64>,
}

impl Access {
    /// Answers only these users and chats, or everyone if there are none.
    #[must_use]
    pub fn new(allowed: Vec<i64>) -> Self {
        Self { allowed }
    }

    /// Whether `user` (absent for anonymous senders) is answered in `chat`.
    #[must_use]
    pub fn permits(&self, user: Option<i64>, chat: i64) -> bool {
        self.allowed.is_empty()
            || self.allowed.contains(&chat)
            || user.is_some_and(|user| self.allowed.contains(&user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_or_a_whole_chat_can_be_allowed() {
        let everyone = Access::default();
        assert!(everyone.permits(Some(1), -2));
        let some = Access::new(vec![1, -2]);
        for (user, chat, permitted) in [
            (Some(1), 1, true),
            (Some(1), -9, true),
            (Some(3), -2, true),
            (Some(3), 3, false),
            (None, -9, false),
        ] {
            assert_eq!(some.permits(user, chat), permitted, "{user:?} in {chat}");
        }
    }
}
