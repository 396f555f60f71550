"""Texts in many scripts, with which tokenizers are compared."""

import random
import re
import unicodedata

# A line of each of some scripts; random words are made from their letters too.
LINES = """
a photo of a red bus at night|Ein größeres Straßenfest mit Äpfeln|une façade à Besançon, l'été|el niño pequeño ¿qué?
Привет, мир! Красный автобус|Ελληνικά ΟΔΥΣΣΕΥΣ Σίσυφος|עברית עם ניקוד שָׁלוֹם|العربية ١٢٣ تجربة ـــ|हिन्दी में खोज क्ष|বাংলা ভাষা
ภาษาไทย น้ำ|ພາສາລາວ|ខ្មែរ ភាសា|မြန်မာဘာသာ|中文测试，混合English和数字123|日本語のテスト、カタカナ ｶﾀｶﾅ|한국어 각 검색|தமிழ் மொழி|తెలుగు భాష|ಕನ್ನಡ|മലയാളം
ગુજરાતી|ਪੰਜਾਬੀ|සිංහල|ქართული ენა|Հայերեն լեզու|አማርኛ|ᏣᎳᎩ|ᠮᠣᠩᠭᠣᠯ|བོད་ཡིག|Tiếng Việt có dấu|İstanbul ŞIŞ ığ|ﬁne ﬂuid ½ ² Ⅷ ① Ⓐ
it's a dog's life, we've they're I'm I'd I'll can't 'S 'T 'RE ''s|<b>html</b> &amp; &lt;tag&gt;|C++ C# .NET x²+y²=z² $5.00 €10
👩‍👩‍👧‍👦 family 🇯🇵 flag 🤷🏽‍♂️ emoji❤️heart 1️⃣|Ｆｕｌｌ ＡＢＣ１２３|don’t “quotes” «fr» „de“|e-mail@example.com https://x.y/z?q=1 #a_b
a\u0300\u0301\u0323 stacked cafe\u0301 \u1100\u1161\u11a8|\u200bzero\u200bwidth\ufeff soft\u00adhyphen|𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛 ǅ ß STRASSE ẞ ſ ŉ|\u0085a\u2028b\u00a0c\u3000d\u1680e
"""


def strings():
    r = random.Random(8)
    lines = [line for line in re.split(r"[|\n]", LINES) if line]
    made = [*lines, "", " ", "'", "\n\t", "".join(map(chr, range(1, 0x180)))]
    letters = [c for line in lines for c in line]
    while len(made) < 900:
        made.append("".join(r.choice(letters) for _ in range(r.randint(1, 40))))
    while len(made) < 1300:
        mixed = " ".join(r.choice(lines) for _ in range(r.randint(1, 4)))
        made.append("".join(c.upper() if r.random() < 0.2 else c for c in mixed))
    assigned = [c for c in map(chr, range(1, 0x20000)) if unicodedata.category(c) not in ("Cs", "Cn", "Co")]
    while len(made) < 1500:
        made.append("".join(r.choice(assigned) for _ in range(20)))
    for long in ("a", "ab ", "aé", "的", "👍", "́", "'s", "\x00", "1"):
        made.append((long * 10_000)[:10_000])
    return made
