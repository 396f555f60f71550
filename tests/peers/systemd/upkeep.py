"""What docs/operating.md tells an operator to type: backup and restore, another model, an alert."""

import contextlib
import pathlib
import shutil
import threading
import urllib.request

from endpoint import INDEX
from fakes import Endpoint, Telegram
from machine import BOT, PATIENCE, SEARCH, checking, pid_of, run, secret, settings, show, systemctl, wait, wait_status
from readme import at_home, by_hand, lines_of
from units import OWN_SEARCH, TOKEN, ask, configure

KEPT = pathlib.Path("/var/lib/private")
PICTURES = KEPT / "clip-search/pictures"
HOME = pathlib.Path("/root")
MAIL = "#!/bin/sh\ncat > /run/mail\n"
WORDS = ["pizza", "lunch", "red bus"]


def upkeep(telegram: Telegram):
    """The operator's lines, on a bot with pictures of one's own."""
    at_home()
    endpoint = Endpoint().start()
    indexed()
    configure(CLIP_BOT_SEARCH_URL=endpoint.url, CLIP_BOT_ALLOWED="")
    (KEPT / "clip-bot").mkdir(mode=0o700, exist_ok=True)
    (KEPT / "clip-bot/access.json").write_text('{"owner": {"id": 7, "name": "Ada"}, "guests": []}')
    systemctl("start", BOT)
    wait_status(BOT, "polling")
    backup(telegram, endpoint)
    another_model()
    alert()


def indexed():
    """Two drawings of the built-in collection become pictures of one's own, and are indexed."""
    settings("clip-search")
    systemctl("start", "clip-search.socket")
    PICTURES.mkdir(parents=True)
    for name, query in ("lunch", "pizza"), ("bus", "bus"):
        _, drawings = ask(f"{OWN_SEARCH}/search?query={query}&limit=1")
        with urllib.request.urlopen(drawings[0], timeout=PATIENCE) as answer:
            (PICTURES / f"{name}.jpg").write_bytes(answer.read())
    settings("clip-search", CLIP_SEARCH_INDEX="/var/lib/clip-search/index")
    systemctl("start", INDEX)
    systemctl("restart", SEARCH)


def answers():
    """What is found for some words, as it is shown."""
    found = [ask(f"{OWN_SEARCH}/search?query={words.replace(' ', '+')}&details=true") for words in WORDS]
    return [[(hit["caption"], hit["score"], hit["url"]) for hit in page["results"]] for _, page in found]


def backup(telegram, endpoint):
    save, restore = lines_of("Backup")
    before = answers()
    assert before[0][0][0] == "lunch", before
    with checking("a backup is made while a query is open"):
        endpoint.set(held=True)
        telegram.wait_confirmed(telegram.write("later", chat=7))
        by_hand(save, HOME)
        assert (HOME / "clip-bot.tar.gz").stat().st_mode & 0o077 == 0
    with checking("everything is lost"):
        systemctl("stop", BOT, "clip-search.socket", SEARCH)
        for folder in pathlib.Path("/etc/clip-bot"), KEPT / "clip-bot", KEPT / "clip-search/index":
            shutil.rmtree(folder)
        systemctl("reset-failed", BOT, SEARCH, code=None)
    with checking("restored: the same answers, the same owner, and no query is lost"):
        endpoint.set(held=False)
        by_hand(restore, HOME)
        wait_status(BOT, "polling")
        telegram.wait_album(7)
        assert answers() == before, answers()
        telegram.write("red bus", chat=8)
        wait("a refusal", lambda: telegram.heard(8))
        assert telegram.albums([8]) == 0


@contextlib.contextmanager
def searched(failures):
    """Somebody searches all the time."""
    enough = threading.Event()

    def search():
        while not enough.wait(0.05):
            status, found = ask(f"{OWN_SEARCH}/search?query=pizza&details=true")
            if status != 200 or found["results"][0]["caption"] != "lunch":
                failures.append((status, found))

    thread = threading.Thread(target=search)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def another_model():
    grow, change = lines_of("Another model")
    copy = pathlib.Path("/etc/clip-bot/clip-search.env").read_text()
    next_one = copy + "\nCLIP_SEARCH_INDEX=/var/lib/clip-search/index-2\n"
    failures = []
    with checking("the next index grows beside the old one, and one restart changes over: no search fails"):
        with searched(failures):
            by_hand(grow, HOME, TYPED=next_one)
            pid = pid_of(SEARCH)
            by_hand(change, HOME)
            assert pid_of(SEARCH) != pid
            assert ask(f"{OWN_SEARCH}/search?query=bus")[0] == 200
        assert not failures, failures[:3]
        assert not (KEPT / "clip-search/index").exists() and (KEPT / "clip-search/index-2").exists()
    run("systemctl", "stop", "clip-search-index.timer")


def alert():
    drop_in, service = lines_of("Metrics", "ini")
    units = pathlib.Path("/etc/systemd/system")
    (units / f"{BOT}.d").mkdir(exist_ok=True)
    (units / f"{BOT}.d/override.conf").write_text(drop_in)
    (units / "clip-bot-failed.service").write_text(service)
    mail = pathlib.Path("/usr/local/bin/mail")
    mail.write_text(MAIL)
    mail.chmod(0o755)
    systemctl("daemon-reload")
    with checking("OnFailure tells when the bot gives up, and why"):
        secret("telegram-token", "4242:a-wrong-token")
        systemctl("restart", BOT, code=None)
        letter = pathlib.Path("/run/mail")
        wait("a letter", lambda: letter.exists() and "status=3" in letter.read_text())
        assert "token" in letter.read_text(), letter.read_text()
        assert "a-wrong-token" not in letter.read_text()
        assert show(BOT, "ActiveState") == "failed"
    secret("telegram-token", TOKEN)
