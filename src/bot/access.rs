//! Who is served: whom the settings allow, the owner, and whom the owner let in.
//!
//! Pure. [`book`] is what is remembered about the owner and the others, [`mod@file`] keeps it, [`claim`]
//! is the code that makes somebody the owner.

pub mod book;
pub mod claim;
pub mod file;

use crate::config::Allowed;
use book::Book;

/// Who is served.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// By the settings.
    pub allowed: Allowed,
    /// By the owner.
    pub book: Book,
}

impl Access {
    /// Serves whom `allowed` names, and nobody else so far.
    #[must_use]
    pub fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            book: Book::default(),
        }
    }

    /// Whether `user` (absent for senders without an account of their own) is served in `chat`.
    #[must_use]
    pub fn permits(&self, user: Option<i64>, chat: i64) -> bool {
        self.serves(chat) || user.is_some_and(|user| self.serves(user))
    }

    /// Whether the user or chat with this id is served by itself.
    #[must_use]
    pub fn serves(&self, id: i64) -> bool {
        match &self.allowed {
            Allowed::Everyone => true,
            Allowed::Ids(ids) => {
                ids.contains(&id) || self.book.is_owner(id) || self.book.guest(id).is_some()
            }
        }
    }

    /// Whether nobody at all is served until somebody claims the bot.
    #[must_use]
    pub fn is_unclaimed(&self) -> bool {
        self.book.owner.is_none() && matches!(&self.allowed, Allowed::Ids(ids) if ids.is_empty())
    }

    /// Who is served, as numbers: the status line is read by every user of the machine.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Allowed::Ids(ids) = &self.allowed else {
            return "serves everyone".to_owned();
        };
        if self.is_unclaimed() {
            return "unclaimed, serves nobody (the log has the link to claim it)".to_owned();
        }
        let count = |number: usize, one: &str, many: &str| match number {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{number} {many}")),
        };
        let parts = [
            self.book.owner.as_ref().map(|_| "the owner".to_owned()),
            count(self.book.guests().count(), "guest", "guests"),
            count(ids.len(), "listed id", "listed ids"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("serves {}", parts.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::book::Person;
    use super::*;

    #[test]
    fn a_user_or_a_whole_chat_can_be_allowed() {
        let everyone = Access::new(Allowed::Everyone);
        assert!(everyone.permits(Some(1), -2) && !everyone.is_unclaimed());
        let some = Access::new(Allowed::Ids(vec![1, -2]));
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

    #[test]
    fn without_a_list_nobody_is_served_until_somebody_owns_the_bot() {
        let mut access = Access::default();
        assert!(access.is_unclaimed() && !access.permits(Some(7), 7));
        assert!(access.in_words().starts_with("unclaimed, serves nobody"));
        access.book.owner = Some(Person::new(7, "Ada", None));
        assert!(!access.is_unclaimed() && access.permits(Some(7), -9));
        assert!(!access.permits(Some(8), 8));
        access.book.let_in(Person::new(8, "Bob", None), 1);
        access.book.let_in(Person::new(-9, "Family", None), 1);
        assert!(access.permits(Some(8), 8) && access.permits(Some(3), -9));
        assert_eq!(access.in_words(), "serves the owner and 2 guests");
        access.allowed = Allowed::Ids(vec![5]);
        assert_eq!(
            access.in_words(),
            "serves the owner and 2 guests and 1 listed id"
        );
    }
}
