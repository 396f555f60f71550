"""peer.py telegram|endpoint: one of the fakes that tests/peers/systemd/run has, as a notify unit.

peer.py say CHAT TEXT: somebody writes to the bot. peer.py album CHAT: waits for its pictures, and
prints how many they are. peer.py heard CHAT WORDS: waits until it says that.
"""

import http.server
import json
import os
import pathlib
import socket
import sys
import time
import urllib.request

import fakes

CONTROL = "http://127.0.0.1:8091"
PATIENCE = 60


def ready():
    address = os.environ["NOTIFY_SOCKET"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.connect("\0" + address[1:] if address[0] == "@" else address)
        systemd.send(b"READY=1")


def telegram():
    token = pathlib.Path("/etc/clip-bot-token").read_text().strip()
    server = fakes.Telegram(token).start()

    class Control(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(server.heard(int(self.path[1:])))

        def do_POST(self):
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            self.answer(server.write(text, int(self.path[1:])))

        def answer(self, value):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

    control = http.server.ThreadingHTTPServer(("127.0.0.1", 8091), Control)
    ready()
    control.serve_forever()


def endpoint():
    fakes.Endpoint().start()
    ready()
    while True:
        time.sleep(3600)


def ask(chat, text=None):
    with urllib.request.urlopen(f"{CONTROL}/{chat}", text and text.encode(), 30) as answer:
        return json.load(answer)


def wait(chat, wanted):
    until = time.monotonic() + PATIENCE
    while not (found := [what for what in ask(chat) if wanted(what)]):
        assert time.monotonic() < until, f"not said in chat {chat}, but: {ask(chat)}"
        time.sleep(0.2)
    return found[0]


match sys.argv[1:]:
    case ["telegram"]:
        telegram()
    case ["endpoint"]:
        endpoint()
    case ["say", chat, text]:
        ask(chat, text)
    case ["album", chat]:
        print(wait(chat, lambda what: isinstance(what, int)))
    case ["heard", chat, words]:
        print(wait(chat, lambda what: words in str(what)))
    case other:
        sys.exit(__doc__)
