//! Greetings and thanks, which people send to a bot as to a person: nobody looks for a picture of them.
//! Pure.

/// What somebody said who asked for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmallTalk {
    /// Such as `Hello!`.
    Greeting,
    /// Such as `thank you`.
    Thanks,
}

/// English, Spanish, German, French, Italian, Portuguese, Russian, Ukrainian, Chinese, Japanese.
const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "hi there",
    "hello there",
    "hey there",
    "good morning",
    "good afternoon",
    "good evening",
    "good night",
    "how are you",
    "hola",
    "buenas",
    "buenos días",
    "buenos dias",
    "buenas tardes",
    "buenas noches",
    "qué tal",
    "que tal",
    "hallo",
    "guten tag",
    "guten morgen",
    "guten abend",
    "gute nacht",
    "grüß gott",
    "grüezi",
    "moin",
    "servus",
    "bonjour",
    "bonsoir",
    "bonne nuit",
    "salut",
    "coucou",
    "ciao",
    "buongiorno",
    "buonasera",
    "buonanotte",
    "salve",
    "olá",
    "ola",
    "oi",
    "bom dia",
    "boa tarde",
    "boa noite",
    "привет",
    "здравствуй",
    "здравствуйте",
    "добрый день",
    "доброе утро",
    "добрый вечер",
    "доброй ночи",
    "приветствую",
    "привіт",
    "вітаю",
    "добрий день",
    "добрий ранок",
    "добрий вечір",
    "добраніч",
    "你好",
    "您好",
    "早上好",
    "晚上好",
    "大家好",
    "哈喽",
    "嗨",
    "こんにちは",
    "こんばんは",
    "おはよう",
    "おはようございます",
    "はじめまして",
    "やあ",
];
const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "thx",
    "ty",
    "many thanks",
    "thanks a lot",
    "thank you very much",
    "thank you so much",
    "thank u",
    "cheers",
    "gracias",
    "muchas gracias",
    "mil gracias",
    "danke",
    "danke schön",
    "danke sehr",
    "vielen dank",
    "danke dir",
    "danke dir sehr",
    "merci",
    "merci beaucoup",
    "merci bien",
    "grazie",
    "grazie mille",
    "grazie tante",
    "tante grazie",
    "obrigado",
    "obrigada",
    "muito obrigado",
    "muito obrigada",
    "valeu",
    "спасибо",
    "большое спасибо",
    "спасибо большое",
    "спс",
    "благодарю",
    "дякую",
    "щиро дякую",
    "дуже дякую",
    "谢谢",
    "謝謝",
    "多谢",
    "感谢",
    "非常感谢",
    "謝謝你",
    "谢谢你",
    "ありがとう",
    "ありがとうございます",
    "どうも",
    "どうもありがとう",
    "どうもありがとうございます",
];

/// What `text` is, if it is nothing but small talk.
#[must_use]
pub fn small_talk(text: &str) -> Option<SmallTalk> {
    let letters = |c: char| if c.is_alphabetic() { c } else { ' ' };
    let text = text.to_lowercase().replace(['’', '\''], "");
    let text: String = text.chars().map(letters).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_in = |list: &[&str]| list.contains(&text.as_str());
    if is_in(GREETINGS) {
        Some(SmallTalk::Greeting)
    } else if is_in(THANKS) {
        Some(SmallTalk::Thanks)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_and_thanks_are_told_from_what_people_look_for() {
        for (text, expected) in [
            ("Hello!", Some(SmallTalk::Greeting)),
            ("  ¡Hola! 👋", Some(SmallTalk::Greeting)),
            ("Good   morning :)", Some(SmallTalk::Greeting)),
            ("ПРИВЕТ", Some(SmallTalk::Greeting)),
            ("Thank you!!! 🙏", Some(SmallTalk::Thanks)),
            ("Muchas gracias.", Some(SmallTalk::Thanks)),
            ("谢谢！", Some(SmallTalk::Thanks)),
            ("Grüß Gott!", Some(SmallTalk::Greeting)),
            ("Dobranich", None),
            ("Добраніч", Some(SmallTalk::Greeting)),
            ("どうも。", Some(SmallTalk::Thanks)),
            ("thank you card", None),
            ("hello kitty", None),
            ("good morning coffee", None),
            ("👋", None),
            ("", None),
        ] {
            assert_eq!(small_talk(text), expected, "{text}");
        }
    }
}
