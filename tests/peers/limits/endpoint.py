"""200 thumbnails, 60 slow readers and 32 pictures of 7 MB at once, within the memory of
clip-search.service: nobody is killed, and searches by text take at most twice their idle time."""

import hashlib
import http.client
import os
import pathlib
import random
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

from group import Group

PICTURES, WIDTH, HEIGHT = 10, 4000, 3000
THUMBNAILS, READERS, POSTS = 200, 60, 32
IDLE_SEARCHES = 60
PATIENCE = 300  # seconds
UNIT = "clip-search.service"


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def picture(seed, width=WIDTH, height=HEIGHT, size=7_000_000):
    """A PNG file of about `size` bytes: some rows are noise, the others of one colour."""
    noise = random.Random(seed)
    noisy = min(height, size // (3 * width))
    plain = b"\0" + bytes(noise.randrange(256) for _ in range(3)) * width
    rows = [b"\0" + noise.randbytes(3 * width) for _ in range(noisy)] + [plain] * (height - noisy)
    noise.shuffle(rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(rows), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


class Endpoint:
    def __init__(self, group, folder):
        self.environment = {
            "CLIP_SEARCH_ENGINE": "clip",
            "CLIP_SEARCH_INDEX": str(folder / "index"),
            "CLIP_SEARCH_LISTEN": "127.0.0.1:0",
            "CACHE_DIRECTORY": str(folder / "cache"),
        }
        self.program = pathlib.Path(os.environ["BIN"]) / "clip-search"
        subprocess.run(
            [self.program, "index", "add", folder / "pictures"],
            env=self.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self.log = open(folder / "log", "w+")
        self.running = group.run([self.program, "serve"], env=self.environment, stderr=self.log)
        until = time.monotonic() + 30
        while not (found := re.search(r"http://[^:]+:(\d+)", (folder / "log").read_text())):
            assert time.monotonic() < until, "it does not start"
            time.sleep(0.05)
        self.port = int(found[1])

    def ask(self, method, target, body=None, headers={}):
        """Status and body of one answer, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def search(self):
        """How long a search by text takes, in seconds."""
        start = time.monotonic()
        status, body = self.ask("GET", f"/search?query=red+bus+{random.random()}")
        assert status == 200, body
        return time.monotonic() - start


def slow_reader(port, target, ended):
    """Reads some bytes a second."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(f"GET {target} HTTP/1.1\r\nhost: h\r\n\r\n".encode())
    try:
        while not ended.wait(0.5) and connection.recv(100):
            pass
    except OSError:
        pass
    connection.close()


def crowd(endpoint, ids, ended):
    """Starts everybody; returns the threads whose answers are waited for, and the answers."""
    answers = {"thumbnails": [], "posts": []}

    def thumbnail(number):
        target = f"/images/{ids[number % len(ids)]}?w={1024 - number // len(ids)}"
        answers["thumbnails"].append(endpoint.ask("GET", target)[0])

    def post(number):
        body = picture(1000 + number, 2000, 1200)
        start.wait()
        headers = {"content-type": "image/png"}
        answers["posts"].append(endpoint.ask("POST", "/search", body, headers)[0])

    start = threading.Barrier(POSTS + 1)
    posts = [threading.Thread(target=post, args=(number,)) for number in range(POSTS)]
    for thread in posts:
        thread.start()
    start.wait()
    waited = [threading.Thread(target=thumbnail, args=(number,)) for number in range(THUMBNAILS)]
    for number in range(READERS):
        arguments = (endpoint.port, f"/images/{ids[number % len(ids)]}", ended)
        threading.Thread(target=slow_reader, args=arguments, daemon=True).start()
    for thread in waited:
        thread.start()
    return posts + waited, answers


def told(times):
    times = sorted(times)
    ninety = times[len(times) * 9 // 10]
    return f"{statistics.median(times) * 1000:.1f} ms, nine of ten {ninety * 1000:.1f} ms"


def main():
    with tempfile.TemporaryDirectory() as name, Group(UNIT) as group:
        folder = pathlib.Path(name)
        (folder / "pictures").mkdir()
        for number in range(PICTURES):
            (folder / "pictures" / f"{number}.png").write_bytes(picture(number))
        endpoint = Endpoint(group, folder)
        # The ids of pictures begin with the digests of their files.
        files = sorted((folder / "pictures").iterdir())
        ids = [hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files]
        idle = [endpoint.search() for _ in range(IDLE_SEARCHES)]
        ended = threading.Event()
        start = time.monotonic()
        threads, answers = crowd(endpoint, ids, ended)
        busy = []
        while any(thread.is_alive() for thread in threads) and time.monotonic() < start + PATIENCE:
            busy.append(endpoint.search())
            time.sleep(0.01)
        took = time.monotonic() - start
        ended.set()
        print(f"idle: {told(idle)}; in the crowd: {told(busy)}, {len(busy)} searches in {took:.0f} s")
        for what, statuses in answers.items():
            counts = {status: statuses.count(status) for status in sorted(set(statuses))}
            print(f"{what}: {counts}")
        print(f"peak {group.peak() >> 20} MiB, {group.kills()} killed")
        wrong = []
        if group.kills() or endpoint.running.poll() is not None:
            wrong.append("it was killed")
        if len(answers["thumbnails"]) < THUMBNAILS or len(answers["posts"]) < POSTS:
            wrong.append("somebody was not answered")
        if set(answers["thumbnails"] + answers["posts"]) - {200, 429}:
            wrong.append("somebody was answered wrongly")
        if statistics.median(busy) > 2 * statistics.median(idle):
            wrong.append("searches take more than twice their idle time")
        for line in wrong:
            print(f"FAIL: {line}")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
