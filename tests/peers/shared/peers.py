"""What the peer checks share: our programs, their peers, and plain HTTP."""

import contextlib
import functools
import http.server
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
START = 90  # seconds that a server may take to start on a busy machine


class Checks:
    """One line a check, and at the end how many failed."""

    def __init__(self):
        self.failed = 0

    @contextlib.contextmanager
    def checking(self, name):
        since = time.monotonic()
        try:
            yield
            verdict = "ok"
        except (AssertionError, OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
            self.failed += 1
            said = getattr(error, "stderr", None) or ""
            verdict = f"FAILED: {type(error).__name__} {error} {said}"
        print(f"{name}: {verdict} ({time.monotonic() - since:.1f} s)", flush=True)

    def end(self):
        print(f"{self.failed} failed" if self.failed else "all passed")
        sys.exit(1 if self.failed else 0)


def build(name, *switches):
    """The path of our program `name`, built; `--release` is the only switch that moves it."""
    run(["cargo", "build", "--quiet", "--locked", *switches, "--bin", name], cwd=ROOT)
    return target() / ("release" if "--release" in switches else "debug") / name


def processor_time():
    """Seconds that all children that have ended used, in user mode and in the system."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def probe(*switches):
    """The path of tests/probe, built."""
    return built("probe", "cargo", "test", *switches, "--test", "probe")


def built(name, *command):
    """The path of what Cargo builds for a command, but does not run: the test or bench `name`."""
    command = [*command, "--quiet", "--locked", "--no-run", "--message-format=json"]
    for line in run(command, cwd=ROOT).splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == name:
            return message["executable"]
    raise SystemExit(f"{name} was not built")


def target():
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")


def python_of(name):
    """The Python with what requirements/NAME.txt lists."""
    return run([HERE / "venv", name]).strip()


def run(command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def ask(url, body=None, headers={}):
    """Status, headers in lower case, and body of a GET, or of a POST of `body`; no proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        answer = opener.open(urllib.request.Request(url, body, headers), timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        names = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, names, answer.read()


@contextlib.contextmanager
def started(command, environment=None):
    """A program that says where it is `listening on`; gives that address and its growing log."""
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    program = subprocess.Popen([str(word) for word in command], env=environment, **pipe)
    log = []
    try:
        for line in program.stdout:
            log.append(line)
            if found := re.search(r"listening on (http://[\d.]+:\d+)", line):
                break
        else:
            raise AssertionError(f"{command[0]} did not start: {''.join(log)}")
        reader = threading.Thread(target=lambda: log.extend(program.stdout), daemon=True)
        reader.start()
        yield found[1], log
    finally:
        program.terminate()
        program.wait(30)


@contextlib.contextmanager
def gradio(python, folder, pictures, address):
    """A Gradio server with gradio_app.py; gives its address."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    environment["GRADIO_TEMP_DIR"] = str(folder / f"gradio-{port}")
    command = [python, HERE / "gradio_app.py", "--port", str(port), "--folder", pictures]
    command += ["--pictures", address, "--max-size", "2"]
    url = f"http://127.0.0.1:{port}"
    ready = lambda: answers(f"{url}/config")
    with server(command, ready, folder / f"gradio-{port}.log", env=environment) as app:
        yield url
        # It would end only after the slow calls in its queue.
        app.kill()


@contextlib.contextmanager
def server(command, ready, log, **options):
    """A program that runs until the end of this; begins once it is `ready`. `log` is a file."""
    with open(log, "w+") as said:
        program = subprocess.Popen(command, stdout=said, stderr=said, **options)
        try:
            until = time.monotonic() + START
            while not ready():
                if program.poll() is not None or time.monotonic() > until:
                    sys.exit(f"{command[0]} did not start:\n{pathlib.Path(log).read_text()}")
                time.sleep(0.2)
            yield program
        finally:
            program.terminate()
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def answers(url):
    try:
        return ask(url)[0] == 200
    except OSError:
        return False


@contextlib.contextmanager
def picture_server(folder):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "http://%s:%d" % server.server_address
    server.shutdown()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
