"""A Bot API server and a search endpoint that do what a check tells them."""

import http.server
import itertools
import json
import re
import threading
import time
import urllib.parse

from machine import PATIENCE, wait

TELEGRAM, ENDPOINT = 8081, 8082
BOT_ID = 4242


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_):
        """Whoever asked was killed, or the server was stopped."""


class Fake:
    """Answers on `port` from `start` to `stop`; can be started again."""

    def __init__(self, port, host="127.0.0.1"):
        self.address = host, port
        self.url = f"http://{host}:{port}"
        self.server = None
        self.changed = threading.Condition()

    def start(self):
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_GET(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                if fake.server is not self.server:
                    self.close_connection = True
                    return
                status, answer, headers = fake.answer(self.path, self.headers, body)
                if not isinstance(answer, bytes):
                    answer = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"content-length": len(answer), **headers}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = do_GET

        self.server = Server(self.address, Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        server, self.server = self.server, None
        with self.changed:
            self.changed.notify_all()
        server.shutdown()
        server.server_close()


class Telegram(Fake):
    """Hands out updates, and keeps what the bot says."""

    def __init__(self, token, port=TELEGRAM):
        super().__init__(port)
        self.token = token
        self.ids = itertools.count(1001)
        self.waiting = []  # updates that the bot did not confirm
        self.said = []  # (chat, text, or how many pictures)
        self.keyboards = []  # (chat, what its buttons ask for)

    def write(self, text, chat=7):
        """Somebody writes to the bot; gives the update's number."""
        message = {"date": int(time.time()), "from": user(chat), "text": text}
        message["chat"] = {"id": chat, "type": "private", "first_name": "U"}
        return self.happens(lambda number: {"message": {"message_id": number} | message})

    def press(self, data, chat):
        """Somebody presses a button in a private chat; gives the update's number."""
        place = {"id": chat, "type": "private", "first_name": "U"}
        message = {"message_id": 1, "date": int(time.time()), "text": "asks", "chat": place}
        callback = {"chat_instance": "i", "data": data, "from": user(chat), "message": message}
        return self.happens(lambda number: {"callback_query": {"id": str(number)} | callback})

    def happens(self, update):
        """What `update` makes of its number waits for the bot."""
        with self.changed:
            number = next(self.ids)
            self.waiting.append({"update_id": number} | update(number))
            self.changed.notify_all()
        return number

    def buttons(self, chat):
        """What the buttons ask for that the bot showed in `chat`."""
        with self.changed:
            return [data for where, data in self.keyboards if where == chat]

    def heard(self, chat):
        """What the bot said in `chat`."""
        with self.changed:
            return [what for where, what in self.said if where == chat]

    def albums(self, chats):
        """How many of `chats` got pictures."""
        return sum(any(isinstance(what, int) for what in self.heard(chat)) for chat in chats)

    def wait_album(self, *chats, patience=PATIENCE):
        wait(f"pictures in the chats {chats}", lambda: self.albums(chats) == len(chats), patience)

    def wait_confirmed(self, number):
        """Waits until the bot asks for what comes after that update: it has it for sure."""
        is_gone = lambda: all(update["update_id"] > number for update in self.waiting)
        wait(f"update {number} confirmed", is_gone)

    def answer(self, path, headers, body):
        _, token, method = path.split("/")
        parameters = json.loads(body) if body.startswith(b"{") else form(body)
        if token != f"bot{self.token}":
            error = {"ok": False, "error_code": 401, "description": "Unauthorized"}
            return 401, error, {}
        with self.changed:
            return 200, {"ok": True, "result": self.result(method, parameters)}, {}

    def result(self, method, parameters):
        chat = int(parameters.get("chat_id") or 0)
        match method:
            case "getMe":
                name = {"first_name": "Box", "username": "box_bot"}
                return {"id": BOT_ID, "is_bot": True, **name}
            case "getUpdates":
                return self.updates(parameters)
            case "getMyCommands":
                return []
            case "getWebhookInfo":
                return {"url": ""}
            case "sendMessage" | "editMessageText":
                self.said.append((chat, parameters["text"]))
                self.keyboards += [(chat, data) for data in asked_for(parameters)]
                return self.message(chat)
            case "sendPhoto" | "sendDocument":
                self.said.append((chat, 1))
                return self.message(chat)
            case "sendMediaGroup":
                media = parameters["media"]
                media = json.loads(media) if isinstance(media, str) else media
                self.said.append((chat, len(media)))
                return [self.message(chat) for _ in media]
            case "getMyDescription" | "getMyShortDescription":
                return {}
            case "setMyCommands" | "setMyDescription" | "setMyShortDescription":
                return True
            case "sendChatAction" | "answerCallbackQuery":
                return True
        raise AssertionError(f"unknown method {method}")

    def message(self, chat):
        number = next(self.ids)
        photo = {"file_id": f"file-{number}", "file_unique_id": str(number), "width": 9, "height": 9}
        message = {"message_id": number, "date": int(time.time()), "photo": [photo]}
        return message | {"chat": {"id": chat, "type": "private"}}

    def updates(self, parameters):
        server = self.server
        offset = int(parameters.get("offset") or 0)
        self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        until = time.monotonic() + int(parameters.get("timeout") or 0)
        while not self.waiting and (left := until - time.monotonic()) > 0:
            self.changed.wait(left)
            assert self.server is server, "the connection ends with the server"
        return self.waiting[: int(parameters.get("limit") or 100)]


class Endpoint(Fake):
    """Finds five pictures for everything; can sleep, and hold its answers back."""

    def __init__(self, port=ENDPOINT):
        super().__init__(port)
        self.held = False
        self.asleep = False
        self.asked = []

    def set(self, **changes):
        with self.changed:
            vars(self).update(changes)
            self.changed.notify_all()

    def wait_asked(self, times):
        wait(f"{times} searches", lambda: len(self.asked) >= times)

    def answer(self, path, headers, body):
        words = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["query"][0]
        with self.changed:
            self.asked.append(words)
            while self.held:
                self.changed.wait()
            if self.asleep:
                error = {"code": "space_asleep", "message": "the Space sleeps"}
                return 503, {"error": error}, {"retry-after": 1}
        place = f"https://pictures.invalid/{urllib.parse.quote(words)}"
        return 200, [f"{place}/{number}.jpg" for number in range(5)], {}


def user(number):
    return {"id": number, "is_bot": False, "first_name": "U", "language_code": "en"}


def asked_for(parameters):
    """The data of the buttons under a message."""
    markup = parameters.get("reply_markup") or {}
    markup = json.loads(markup) if isinstance(markup, str) else markup
    buttons = [button for row in markup.get("inline_keyboard", []) for button in row]
    return [button["callback_data"] for button in buttons if "callback_data" in button]


def form(body):
    """The fields of a multipart body that are not files."""
    pattern = rb'form-data; name="(\w+)"\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--'
    return {name.decode(): value.decode() for name, value in re.findall(pattern, body, re.S)}
