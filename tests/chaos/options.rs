//! The arguments.

pub const HELP: &str = "\
Chaos around clip-bot: faults, kills, a full disk; then an audit of what Telegram accepted.

  --long        10,000 messages of 1,000 chats and 50 kills, in place of 1,200, 120 and 6
                and 2,000 pictures of 50 users and 60 kills, in place of 240, 20 and 8
  --queries N   so many messages; 0: none of that part
  --chats N     of so many chats
  --kills N     so many SIGKILLs of the bot at least
  --saves N     so many pictures are forwarded; 0: none of that part
  --savers N    by so many users
  --save-kills N  so many SIGKILLs of the bot and of the endpoint meanwhile
  --seed N      other messages, blows and faults
  --no-inbox    start the bot without CLIP_BOT_STATE_DIR: succeeds only if something is lost
  --help        this text

Exit code: 0 when no rule was broken, 1 when one was, 2 for a wrong argument.
The phase with a full disk needs root, since it mounts a small tmpfs.
";

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    pub queries: u64,
    pub chats: u64,
    pub kills: u64,
    pub saves: u64,
    pub savers: u64,
    pub save_kills: u64,
    pub seed: u64,
    pub inbox: bool,
}

impl Options {
    /// `None` when help was asked for.
    ///
    /// # Errors
    /// The word that is not understood.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            queries: 1200,
            chats: 120,
            kills: 6,
            saves: 240,
            savers: 20,
            save_kills: 8,
            seed: 20_261_122,
            inbox: true,
        };
        while let Some(word) = words.next() {
            let mut number = || -> Result<u64, String> {
                let value = words.next().and_then(|value| value.parse().ok());
                value.ok_or_else(|| word.clone())
            };
            match word.as_str() {
                "--help" => return Ok(None),
                "--long" => {
                    (options.queries, options.chats, options.kills) = (10_000, 1000, 50);
                    (options.saves, options.savers, options.save_kills) = (2000, 50, 60);
                }
                "--queries" => options.queries = number()?,
                "--chats" => options.chats = number()?.max(1),
                "--kills" => options.kills = number()?,
                "--saves" => options.saves = number()?,
                "--savers" => options.savers = number()?.max(2),
                "--save-kills" => options.save_kills = number()?,
                "--seed" => options.seed = number()?,
                "--no-inbox" => options.inbox = false,
                _ => return Err(word),
            }
        }
        Ok(Some(options))
    }
}
