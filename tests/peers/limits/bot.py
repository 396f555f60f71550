"""32 chats ask at once, and each gets ten pictures of 9.8 MB, within the memory of clip-bot.service."""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

from group import Group

CHATS, PICTURES, SIZE = 32, 10, 9_800_000
MOST = 200 << 20  # bytes that the bot may take
PATIENCE = 400  # seconds
TOKEN = "1234567:limits-token"
PIECE = 1 << 18
# A PNG of 2,000 × 2,000 by its head; nobody looks at the rest.
HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (2000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Endpoint(Handler):
    """Finds ten large pictures, and serves them piece by piece."""

    def do_GET(self):
        if not self.path.startswith("/picture"):
            urls = [f"http://{self.headers['host']}/picture{n}" for n in range(PICTURES)]
            return self.answer({"query": "q", "results": [{"url": url} for url in urls]})
        self.send_response(200)
        self.send_header("content-length", str(SIZE))
        self.end_headers()
        piece = HEAD.ljust(PIECE, b"x")
        for start in range(0, SIZE, PIECE):
            self.wfile.write(piece[: SIZE - start])


class Telegram(Handler):
    """Takes albums piece by piece, without keeping them."""

    waiting = [
        {
            "update_id": 100 + chat,
            "message": {
                "message_id": chat,
                "date": 1,
                "text": "bus",
                "chat": {"id": chat, "type": "private"},
                "from": {"id": chat, "is_bot": False, "first_name": "U", "language_code": "en"},
            },
        }
        for chat in range(1, CHATS + 1)
    ]
    pictures, summaries = {}, {}
    news = threading.Condition()

    def do_POST(self):
        method = self.path.rsplit("/", 1)[-1]
        start, files = self.drain()
        if method == "getUpdates":
            return self.answer({"ok": True, "result": self.updates(json.loads(start))})
        chat = re.search(rb'"chat_id"(?:\r\n\r\n|:)(\d+)', start)
        chat = int(chat[1]) if chat else 0
        message = {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}}
        with self.news:
            if files:
                self.pictures[chat] = self.pictures.get(chat, 0) + files
            if method == "editMessageText":
                self.summaries[chat] = json.loads(start)["text"]
            self.news.notify_all()
        results = {"getMe": {"id": 1234567, "is_bot": True, "first_name": "L", "username": "l_bot"}}
        results |= {"getMyCommands": [], "getWebhookInfo": {"url": ""}, "sendMediaGroup": [message] * files}
        self.answer({"ok": True, "result": results.get(method, message)})

    def drain(self):
        """The first bytes of the body, and how many files it has."""
        left = int(self.headers.get("content-length") or 0)
        start, files, before = b"", 0, b""
        while left:
            piece = self.rfile.read(min(left, PIECE))
            left -= len(piece)
            start = start or piece[:8192]
            files += (before + piece).count(b'; filename="')
            before = piece[-11:]
        return start, files

    def updates(self, given):
        cls = type(self)
        cls.waiting = [one for one in self.waiting if one["update_id"] >= given.get("offset", 0)]
        if not self.waiting:
            time.sleep(min(1, given["timeout"]))
        return self.waiting[: given["limit"]]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """The bot hangs up where a picture does not fit into the portion under way."""


def serve(handler):
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def main():
    with tempfile.TemporaryDirectory() as state, Group("clip-bot.service") as group:
        settings = {
            "CLIP_BOT_TOKEN": TOKEN,
            "CLIP_BOT_ALLOWED": "everyone",
            "CLIP_BOT_API_URL": serve(Telegram),
            "CLIP_BOT_SEARCH_URL": serve(Endpoint),
            "CLIP_BOT_RESULTS": str(PICTURES),
            "CLIP_BOT_STATE_DIR": state,
        }
        start = time.monotonic()
        with open(f"{state}/log", "w") as log:
            bot = group.run([f"{os.environ['BIN']}/clip-bot", "run"], env=settings, stderr=log, stdout=log)
            while time.monotonic() - start < PATIENCE and bot.poll() is None:
                if len(Telegram.summaries) == CHATS and all(
                    text.startswith(f"{PICTURES} pictures") for text in Telegram.summaries.values()
                ):
                    break
                time.sleep(0.1)
            took = time.monotonic() - start
            ended = bot.poll()
        whole = sum(count == PICTURES for count in Telegram.pictures.values())
        checks = {
            f"{whole} of {CHATS} chats have {PICTURES} pictures, after {took:.0f} s": whole == CHATS,
            f"{group.kills()} killed; the bot ended with {ended}": group.kills() == 0 and ended is None,
            f"peak {group.peak() / (1 << 20):.0f} MiB, at most {MOST >> 20}": group.peak() <= MOST,
        }
        for text, good in checks.items():
            print("ok  " if good else "FAIL", text)
        if not all(checks.values()):
            print(subprocess.run(["tail", "-n", "20", f"{state}/log"], capture_output=True, text=True).stdout)
        sys.exit(not all(checks.values()))


main()
