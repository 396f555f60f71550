use std::sync::Mutex;

use serde_json::{Value, json};

use super::super::access::Access;
use super::super::handler;
use super::*;
use crate::config::Allowed;
use crate::locked::locked;

struct House {
    door: Door,
    links: Arc<Mutex<Vec<String>>>,
}

impl House {
    fn new(allowed: Allowed) -> Self {
        let links = Arc::new(Mutex::new(Vec::new()));
        let manners = Manners {
            me: handler::Identity {
                id: 42,
                username: "clip_bot".into(),
            },
            access: Access::new(allowed),
            results: 5,
            ..Manners::default()
        };
        let said = Arc::clone(&links);
        let announce = Box::new(move |link: &str| locked(&said).push(link.to_owned()));
        Self {
            door: Door::new(manners, None, Arc::default(), announce),
            links,
        }
    }

    fn code(&self) -> String {
        let links = locked(&self.links);
        let (_, code) = links[0].split_once("start=").expect("a deep link");
        code.to_owned()
    }

    /// What the bot does with an update: `chat: text` for each thing said.
    fn meet(&mut self, event: Value, again: bool) -> Vec<String> {
        let mut raw = event;
        raw["update_id"] = 1.into();
        let update = Update::from_json(&raw).expect("a good update");
        let moment = Moment {
            day: 1,
            ..Moment::now(again)
        };
        let tasks = self.door.tasks(&update, moment);
        let tasks = tasks.unwrap_or_else(|| handler::tasks(&update, self.door.manners()));
        let said = |task: &Task| match task {
            Task::Say { to, reply } => format!("{}: {}", to.chat, reply.text),
            Task::Edit { chat, reply, .. } => format!("{chat} edit: {}", reply.text),
            Task::Acknowledge { .. } => "ack".to_owned(),
            Task::Search(search) => format!("{}: search {}", search.to.chat, search.asker),
            Task::Collect(post) => format!("{}: collect", post.chat),
            Task::Stats { to, .. } => format!("{}: stats", to.chat),
            Task::OwnersMenu { owner, .. } => format!("menu of {owner}"),
            Task::Choose { user, choice } => format!("{user} chooses {choice:?}"),
        };
        tasks.iter().map(said).collect()
    }

    fn says(&mut self, user: i64, chat: i64, text: &str) -> Vec<String> {
        self.meet(message(user, chat, text), false)
    }

    fn presses(&mut self, user: i64, chat: i64, data: &str) -> Vec<String> {
        let event = json!({"callback_query": {"id": "c", "from": {"id": user}, "data": data,
            "message": {"message_id": 5, "chat": {"id": chat, "type": "private"}}}});
        self.meet(event, false)
    }

    fn claimed() -> Self {
        let mut house = Self::new(Allowed::default());
        let code = house.code();
        house.says(7, 7, &format!("/start {code}"));
        house
    }
}

fn message(user: i64, chat: i64, text: &str) -> Value {
    let kind = if chat > 0 { "private" } else { "supergroup" };
    json!({"message": {"message_id": 3, "text": text, "from": {"id": user, "first_name": "Ada"},
        "chat": {"id": chat, "type": kind, "title": "Family"}}})
}

#[test]
fn nobody_is_served_until_the_code_claims_the_bot_once() {
    let mut house = House::new(Allowed::default());
    let code = house.code();
    let start = format!("/start {code}");
    let refused = house.says(8, 8, "/start");
    assert!(refused[0].contains("nobody owns it yet"), "{refused:?}");
    assert_eq!(
        house.says(8, 8, "/start wrong"),
        refused,
        "a wrong code gives nothing away"
    );
    assert!(house.says(8, 8, "bus")[0].contains("private"), "no search");
    assert_eq!(house.says(7, -100, &start), [""; 0], "not in a group");
    assert!(house.door.manners().access.is_unclaimed());

    let claimed = house.says(7, 7, &start);
    assert!(claimed[0].contains("yours now"), "{claimed:?}");
    assert_eq!(claimed[1], "menu of 7");
    assert_eq!(house.says(7, 7, "bus"), ["7: search 7"]);
    assert!(
        house.says(7, 7, &start)[0].contains("find pictures"),
        "the usual help"
    );
    let second = house.says(8, 8, &start);
    assert!(
        second[0].starts_with("8: This bot is private"),
        "{second:?}"
    );
    assert!(
        second[1].starts_with("7: Ada (id 8) wants"),
        "a stranger like all"
    );
    assert!(house.door.manners().access.book.is_owner(7));
    assert_eq!(locked(&house.links).len(), 1, "one code");
}

#[test]
fn the_owner_lets_others_in_and_out() {
    let mut house = House::claimed();
    let asked = house.says(8, 8, "/start");
    assert!(asked[1].starts_with("7: Ada (id 8) wants"), "{asked:?}");
    assert_eq!(
        house.says(8, 8, "/start").len(),
        1,
        "the owner is asked once"
    );
    let again = house.meet(message(8, 8, "/start"), true);
    assert_eq!(again.len(), 2, "a crash may have lost the question");
    assert_eq!(
        house.presses(8, 8, "in:8"),
        ["ack"],
        "only the owner's presses count"
    );
    assert_eq!(
        house.presses(7, -100, "in:8"),
        ["ack"],
        "in the owner's chat"
    );
    assert!(house.says(8, 8, "bus")[0].contains("private"));

    let pressed = house.presses(7, 7, "in:8");
    assert_eq!(pressed[1], "7 edit: Let in: Ada (id 8).");
    assert!(
        pressed[2].starts_with("8: The owner let you in."),
        "{pressed:?}"
    );
    assert_eq!(house.says(8, 8, "bus"), ["8: search 8"]);
    let list = ["7: You let in:\nAda (id 8), since 1970-01-02"];
    assert_eq!(house.says(7, 7, "/users"), list);
    assert_eq!(
        house.says(7, 7, "/people@clip_bot"),
        list,
        "its earlier name"
    );
    assert_eq!(
        house.presses(7, 7, "out:8")[1],
        "7 edit: Not served: Ada (id 8)."
    );
    assert!(house.says(8, 8, "bus")[0].contains("private"));
    assert_eq!(house.says(8, 8, "/start").len(), 1, "not asked about again");
    assert_eq!(house.presses(7, 7, "out:7"), ["ack"], "the owner stays");
}

#[test]
fn a_whole_group_is_let_in_and_keeps_that_as_a_supergroup() {
    let mut house = House::claimed();
    let asked = house.says(8, -4, "/start@clip_bot");
    assert_eq!(
        asked,
        ["7: Ada (id 8) wants to use this bot in the group Family (id -4)."]
    );
    let pressed = house.presses(7, 7, "in:-4");
    assert_eq!(pressed[1], "7 edit: Let in: Family (id -4).");
    assert_eq!(house.says(9, -4, "/query bus"), ["-4: search 9"]);
    let mut event = message(9, -4, "");
    event["message"]["migrate_to_chat_id"] = (-1004).into();
    assert_eq!(house.meet(event, false), [""; 0]);
    assert_eq!(house.says(9, -1004, "/query bus"), ["-1004: search 9"]);
    assert_eq!(house.says(9, -4, "/query bus"), [""; 0]);
}

#[test]
fn a_listed_group_keeps_its_permission_as_a_supergroup() {
    let mut house = House::new(Allowed::Ids(vec![-4]));
    assert_eq!(
        locked(&house.links).len(),
        0,
        "the settings say who is served"
    );
    let mut event = message(9, -1004, "");
    event["message"]["migrate_from_chat_id"] = (-4).into();
    house.meet(event, false);
    assert_eq!(house.says(9, -1004, "/query bus"), ["-1004: search 9"]);
    let mut event = message(9, -1005, "");
    event["message"]["migrate_from_chat_id"] = (-5).into();
    house.meet(event, false);
    assert_eq!(
        house.says(9, -1005, "/query bus"),
        [""; 0],
        "it was not served before"
    );
}

#[test]
fn anonymous_admins_speak_for_their_group() {
    let mut house = House::new(Allowed::Everyone);
    let mut event = message(1_087_968_824, -4, "/query bus");
    event["message"]["sender_chat"] = json!({"id": -4, "type": "supergroup"});
    assert_eq!(house.meet(event, false), ["-4: search -4"]);
}

#[test]
fn an_open_bot_asks_nobody() {
    let mut house = House::new(Allowed::Everyone);
    assert_eq!(locked(&house.links).len(), 0);
    assert_eq!(house.says(8, 8, "bus"), ["8: search 8"]);
    assert_eq!(house.says(8, 8, "/start 0123").len(), 1);
    assert!(house.door.manners().access.book.owner.is_none());
}

#[test]
fn the_owners_commands_are_nobody_elses() {
    let mut house = House::claimed();
    house.presses(7, 7, "in:8");
    assert_eq!(house.says(7, 7, "/stats"), ["7: stats"]);
    for command in ["/stats", "/users", "/people", "/rate 8 off", "/rate"] {
        let unknown = house.says(8, 8, "/nonsense");
        assert_eq!(house.says(8, 8, command), unknown, "{command}");
        assert_eq!(house.says(8, -100, command), [""; 0], "{command}");
        assert!(
            house.says(9, 9, command)[0].contains("private"),
            "{command}"
        );
        if command != "/rate 8 off" {
            assert_eq!(
                house.says(7, -100, command),
                [""; 0],
                "{command} is no talk for a group"
            );
        }
    }
    assert_eq!(house.door.manners().access.book.rate(8), None);
}

#[test]
fn the_owner_says_how_often_others_may_search() {
    let mut house = House::claimed();
    house.says(8, 8, "/start");
    house.presses(7, 7, "in:8");
    let told = |rate: &str| format!("7: Ada (id 8) may search: {rate}");
    for (command, rate) in [
        ("/rate 8", "as often as they like"),
        ("/rate 8 30/1m", "30/1m"),
        ("/rate@clip_bot 8", "30/1m"),
        ("/rate 8 OFF", "as often as they like"),
        ("/rate 8 2/1h", "2/1h"),
    ] {
        assert_eq!(house.says(7, 7, command), [told(rate)], "{command}");
    }
    for wrong in [
        "/rate",
        "/rate 8 fast",
        "/rate 8 0/1m",
        "/rate 30/1m",
        "/rate 8 1/1m please",
    ] {
        let said = house.says(7, 7, wrong);
        assert!(
            said[0].starts_with("7: Send /rate, an id"),
            "{wrong}: {said:?}"
        );
    }
    let book = &house.door.manners().access.book;
    assert_eq!(book.rate(8), Some("2/1h".parse().ok()));

    let mut event = message(7, -100, "/rate 5/1m");
    event["message"]["reply_to_message"] = message(9, -100, "spam")["message"].clone();
    assert_eq!(
        house.meet(event, false),
        ["-100: Ada (id 9) may search: 5/1m"]
    );
    assert_eq!(
        house.says(7, 7, "/rate 9 default"),
        ["7: Somebody (id 9) may search: as often as they like"]
    );
    let book = &house.door.manners().access.book;
    assert_eq!(book.rate(9), None);
}
