"""200 thumbnails, 60 slow readers and 32 pictures of 7 MB at once, within the memory of
clip-search.service: nobody is killed, and searches by text take at most twice their idle time."""

import hashlib
import http.client
import json
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


class Caller:
    """Asks the endpoint at a port."""

    def __init__(self, port):
        self.port = port

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


def start(group, folder):
    """Indexes the pictures in `folder` and starts the endpoint over them; the program, and a caller."""
    environment = {
        "CLIP_SEARCH_ENGINE": "clip",
        "CLIP_SEARCH_INDEX": str(folder / "index"),
        "CLIP_SEARCH_LISTEN": "127.0.0.1:0",
        "CACHE_DIRECTORY": str(folder / "cache"),
    }
    program = pathlib.Path(os.environ["BIN"]) / "clip-search"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([program, "index", "add", folder / "pictures"], env=environment, check=True, **quiet)
    log = folder / "log"
    running = group.run([program, "serve"], env=environment, stderr=log.open("w"))
    until = time.monotonic() + 30
    while not (found := re.search(r"http://[^:]+:(\d+)", log.read_text())):
        assert time.monotonic() < until, "it does not start"
        time.sleep(0.05)
    return running, Caller(int(found[1]))


def slow_reader(port, target):
    """Reads some bytes a second, for as long as it is let."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(f"GET {target} HTTP/1.1\r\nhost: h\r\n\r\n".encode())
    try:
        while connection.recv(100):
            time.sleep(0.5)
    except OSError:
        pass
    connection.close()


def crowd(caller, ids):
    """Everybody at once; says when they begin, and then what they were answered."""
    answers = {"thumbnails": [], "posts": []}

    def thumbnail(number):
        status, _ = caller.ask("GET", f"/images/{ids[number % len(ids)]}?w=1024")
        answers["thumbnails"].append(status)

    def post(body):
        status, _ = caller.ask("POST", "/search", body, {"content-type": "image/png"})
        answers["posts"].append(status)

    bodies = [picture(1000 + number, 2000, 1200) for number in range(POSTS)]
    threads = [threading.Thread(target=post, args=(body,)) for body in bodies]
    threads += [threading.Thread(target=thumbnail, args=(number,)) for number in range(THUMBNAILS)]
    print("begun", flush=True)
    for number in range(READERS):
        arguments = (caller.port, f"/images/{ids[number % len(ids)]}")
        threading.Thread(target=slow_reader, args=arguments, daemon=True).start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    print(json.dumps(answers), flush=True)


def told(times):
    ninety = sorted(times)[len(times) * 9 // 10]
    return f"{statistics.median(times) * 1000:.1f} ms, nine of ten {ninety * 1000:.1f} ms"


def faults(group, running, answers, idle, busy):
    if group.kills() or running.poll() is not None:
        yield "it was killed"
    if len(answers["thumbnails"]) < THUMBNAILS or len(answers["posts"]) < POSTS:
        yield "somebody was not answered"
    if set(answers["thumbnails"] + answers["posts"]) - {200, 429}:
        yield "somebody was answered wrongly"
    if statistics.median(busy) > 2 * statistics.median(idle):
        yield "searches take more than twice their idle time"


def main():
    with tempfile.TemporaryDirectory() as name, Group(UNIT) as group:
        folder = pathlib.Path(name)
        (folder / "pictures").mkdir()
        for number in range(PICTURES):
            (folder / "pictures" / f"{number}.png").write_bytes(picture(number))
        running, caller = start(group, folder)
        # The ids of pictures begin with the digests of their files.
        files = sorted((folder / "pictures").iterdir())
        ids = [hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files]
        # A process of its own, so that its threads do not hold up the searches here.
        idle = [caller.search() for _ in range(IDLE_SEARCHES)]
        argv = [sys.executable, __file__, str(caller.port), *ids]
        others = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        others.stdout.readline()
        busy, begun = [], time.monotonic()
        while others.poll() is None and time.monotonic() < begun + PATIENCE:
            busy.append(caller.search())
            time.sleep(0.01)
        took = time.monotonic() - begun
        answers = json.loads(others.stdout.readline())
        # Before and after, as the machine may have other work.
        idle += [caller.search() for _ in range(IDLE_SEARCHES)]
        print(f"idle: {told(idle)}; in the crowd: {told(busy)}, {len(busy)} searches in {took:.0f} s")
        for what, statuses in answers.items():
            counts = {status: statuses.count(status) for status in sorted(set(statuses))}
            print(f"{what}: {counts}")
        print(f"peak {group.peak() >> 20} MiB, {group.kills()} killed")
        wrong = list(faults(group, running, answers, idle, busy))
        for line in wrong:
            print(f"FAIL: {line}")
        return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        crowd(Caller(int(sys.argv[1])), sys.argv[2:])
    else:
        sys.exit(main())
