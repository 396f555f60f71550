"""A new instance of a Lambda function: Lambda's side for its first call, and the CPU time that Lambda gives it."""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import subprocess
import threading
import time
import urllib.parse

# Of one CPU, for a function of 128 MB; 1769 MB have a whole one.
SHARE = 128 / 1769
PERIOD = 20_000  # microseconds
PATIENCE = 120


def started(command, settings, query):
    """Starts a function for one query: milliseconds until Lambda has its answer, its memory in MiB, the answer."""
    with runtime_api(query) as (api, answers):
        environment = {
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": "clip-search",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        }
        since = time.monotonic()
        program = subprocess.Popen(command, env=environment | settings, stderr=subprocess.DEVNULL)
        try:
            at, answer = answers.get(timeout=PATIENCE)
            status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
        finally:
            program.kill()
            program.wait()
    memory = int(status.split("VmHWM:")[1].split()[0])
    return (at - since) * 1000, memory / 1024, answer


@contextlib.contextmanager
def runtime_api(query):
    """Lambda's side, for one call; gives its address and a queue of (time, answer)."""
    answers = queue.Queue()
    events = queue.Queue()
    events.put(event(query))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def reply(self, status, body, headers={}):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            # The second time there is none until the end.
            if found := events.get():
                left = {"Lambda-Runtime-Deadline-Ms": str(int((time.time() + PATIENCE) * 1000))}
                self.reply(200, found, {"Lambda-Runtime-Aws-Request-Id": "1", **left})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answers.put((time.monotonic(), json.loads(body)))
            self.reply(202, b"{}")

    server = Quiet(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "%s:%d" % server.server_address, answers
    finally:
        events.put(None)
        server.shutdown()


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """The program is killed while it waits for a second event."""


def event(query):
    call = {"method": "GET", "path": "/search", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"}
    context = {"accountId": "1", "apiId": "a", "domainName": "a.example", "domainPrefix": "a", "requestId": "r"}
    context |= {"routeKey": "$default", "stage": "$default", "time": "22/Nov/2026:16:00:00 +0000"}
    context |= {"timeEpoch": 1795363200000, "http": call}
    asked = f"query={urllib.parse.quote(query)}&limit=4"
    known = {"version": "2.0", "routeKey": "$default", "rawPath": "/search", "rawQueryString": asked}
    known |= {"headers": {"host": "a.example"}, "requestContext": context, "isBase64Encoded": False}
    return json.dumps(known).encode()


@contextlib.contextmanager
def control_group():
    """A command in front of others that gives them SHARE of one CPU."""
    quota = int(SHARE * PERIOD)
    old = pathlib.Path("/sys/fs/cgroup/cpu")
    group = (old if old.is_dir() else old.parent) / f"cold-start-{os.getpid()}"
    group.mkdir()
    try:
        if old.is_dir():
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        yield ["sh", "-c", 'echo $$ > "$0" && exec "$@"', group / "cgroup.procs"]
    finally:
        until = time.monotonic() + PATIENCE
        while (group / "cgroup.procs").read_text() and time.monotonic() < until:
            time.sleep(0.05)
        group.rmdir()
