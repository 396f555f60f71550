"""A hub and, in front of a real Gradio server, the proxy of one private Space that sleeps.

fake_hub.py --upstream URL --token TOKEN --wake SECONDS
Prints `listening on http://127.0.0.1:PORT`. The Space is `user/space`; its host is this server.
It sleeps until SECONDS after the first request for it. The hub takes the token as
`Authorization`, the Space as `X-HF-Authorization`; each refuses the other's header.
"""

import argparse
import http.client
import http.server
import json
import time
import urllib.parse

parser = argparse.ArgumentParser()
parser.add_argument("--upstream", required=True)
parser.add_argument("--token", required=True)
parser.add_argument("--wake", type=float, required=True)
options = parser.parse_args()

UPSTREAM = urllib.parse.urlparse(options.upstream).netloc
BEARER = f"Bearer {options.token}"
DROPPED = {"host", "connection", "content-length", "transfer-encoding", "x-hf-authorization"}
woken_at = None


def stage():
    if woken_at is None:
        return "SLEEPING"
    return "APP_STARTING" if time.monotonic() < woken_at else "RUNNING"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, status, value):
        self.answer(status, "application/json", json.dumps(value).encode())

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        hub, space = self.headers["Authorization"], self.headers["X-HF-Authorization"]
        if self.path.startswith("/api/spaces/"):
            if (hub, space) != (BEARER, None):
                return self.answer_json(401, {"error": "Invalid username or password."})
            return self.answer_json(*self.hub())
        if (hub, space) != (None, BEARER):
            return self.answer(404, "text/html", b"<html>404</html>")
        self.space(body)

    do_POST = do_GET

    def hub(self):
        if self.path == "/api/spaces/user/space/host":
            host = "http://%s:%d" % self.server.server_address
            return 200, {"subdomain": "user-space", "host": host}
        if self.path == "/api/spaces/user/space/runtime":
            return 200, {"stage": stage(), "hardware": {"current": "cpu-basic"}}
        return 404, {"error": "Repository not found"}

    def space(self, body):
        global woken_at
        if stage() != "RUNNING":
            self.answer(503, "text/html", b"<h1>This Space is sleeping due to inactivity.</h1>")
            woken_at = woken_at or time.monotonic() + options.wake
            return
        upstream = http.client.HTTPConnection(UPSTREAM, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in DROPPED}
        upstream.request(self.command, self.path, body or None, headers)
        response = upstream.getresponse()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in DROPPED:
                self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while part := response.read1(65536):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        upstream.close()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("listening on http://%s:%d" % server.server_address, flush=True)
server.serve_forever()
