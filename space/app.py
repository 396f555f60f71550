"""The Space: the reference's page and its API, in front of our own clip-search on loopback.

`/predict(text_prompt, image_prompt, prompt_type, nofimages_to_show)` answers a gallery, `/search`
a list of {url, caption, score}. Beside this file lie the program `clip-search`, and `model.clip`
and `index` unless the built-in ones are to be searched; README.md says how they get there.
"""

import atexit
import concurrent.futures
import contextlib
import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

import gradio as gr

try:
    import spaces
except ImportError:  # elsewhere than on the hub
    spaces = None

HERE = pathlib.Path(__file__).resolve().parent
DATASET = HERE / "dataset"
PROGRAM = pathlib.Path(os.environ.get("CLIP_SEARCH_PROGRAM", HERE / "clip-search"))
# Where the pictures of `dataset` can be fetched by everybody, as the hub serves them.
PUBLIC = os.environ.get("CLIP_SEARCH_PUBLIC_BASE") or (
    f"https://huggingface.co/spaces/{os.environ['SPACE_ID']}/resolve/main/dataset/"
    if "SPACE_ID" in os.environ
    else ""
)
FETCHED = pathlib.Path(tempfile.mkdtemp(prefix="pictures-"))
ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif"}
MEDIA_TYPES = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"RI": "image/webp"}


class Engine:
    """clip-search as a child of this program, on a port of its own."""

    def __init__(self):
        self.lock = threading.Lock()
        # The child ends with the thread that started it: this one stays.
        self.starter = concurrent.futures.ThreadPoolExecutor(1)
        self.program = None
        self.address = None

    def url(self):
        """Its address; starts it where it does not run."""
        with self.lock:
            if self.program is None or self.program.poll() is not None:
                self.starter.submit(self.start).result()
            return self.address

    def start(self):
        """Starts it and waits until it listens; the model is only mapped, never loaded."""
        # A port that is free: another program's answers could not be told from its own.
        given = {"CLIP_SEARCH_ENGINE": "clip", "CLIP_SEARCH_LISTEN": "127.0.0.1:0"}
        # Callers get as many pictures as they asked for, as from the reference.
        given["CLIP_SEARCH_MIN_SCORE"] = os.environ.get("CLIP_SEARCH_MIN_SCORE", "-1")
        given["CLIP_SEARCH_LOG"] = "info"
        if (HERE / "model.clip").exists():
            given["CLIP_SEARCH_MODEL"] = str(HERE / "model.clip")
        if (HERE / "index").exists():
            given["CLIP_SEARCH_INDEX"] = str(HERE / "index")
            given["CLIP_SEARCH_PUBLIC_BASE"] = PUBLIC
        if not os.access(PROGRAM, os.X_OK):
            PROGRAM.chmod(0o755)
        self.program = subprocess.Popen(
            [PROGRAM, "serve"],
            env={**os.environ, **given},
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        )
        for line in self.program.stderr:
            sys.stderr.write(line)
            if found := re.search(r"listening on (http://[\d.]+:\d+)", line):
                self.address = found[1]
                pass_on = sys.stderr.writelines
                threading.Thread(target=pass_on, args=[self.program.stderr], daemon=True).start()
                return
        raise SystemExit(f"clip-search ended with code {self.program.wait()}")

    def stop(self):
        if self.program is not None:
            self.program.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.program.wait(5)


def end_with_parent():
    """In the child: SIGTERM when its parent is gone, also by a kill that no handler sees."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def ask(parameters, picture=None):
    """The results for words, or for the picture file's bytes."""
    status, answer = encode(engine.url(), parameters, picture)
    if status != 200:
        raise gr.Error(answer["error"]["message"])
    return answer["results"]


# ZeroGPU starts no Space without such a function, and runs it in a process of its own, which is why it gets
# the engine's address. No GPU is needed: elsewhere the decorator changes nothing.
@(spaces.GPU(duration=5) if spaces else lambda function: function)
def encode(engine_url, parameters, picture):
    """Has the words or the picture encoded and the nearest pictures found: status and JSON."""
    address = f"{engine_url}/search?" + urllib.parse.urlencode({"details": "true", **parameters})
    headers = {"Content-Type": MEDIA_TYPES.get(picture[:2], "image/jpeg")} if picture else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, picture, headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def picture_of(hit):
    """The hit's file, under the name it has in the collection; else its address."""
    name = urllib.parse.unquote(urllib.parse.urlsplit(hit["url"]).path.rsplit("/", 1)[-1])
    if (DATASET / name).is_file():
        return str(DATASET / name)
    if not hit["url"].startswith(f"{engine.url()}/"):
        return hit["url"]
    for ending in ENDINGS.values():
        if (FETCHED / (name + ending)).exists():
            return str(FETCHED / (name + ending))
    with urllib.request.urlopen(hit["url"]) as answer:
        file = FETCHED / (name + ENDINGS.get(answer.headers.get_content_type(), ".jpg"))
        file.write_bytes(answer.read())
    return str(file)


def address_of(hit, request):
    """Where the hit's picture can be fetched from outside: never on this machine's loopback."""
    picture = picture_of(hit)
    if PUBLIC and (DATASET / pathlib.Path(picture).name).is_file():
        return PUBLIC + urllib.parse.quote(pathlib.Path(picture).name)
    if not picture.startswith("/"):
        return picture
    return f"{own_address(request)}/gradio_api/file={urllib.parse.quote(picture)}"


def own_address(request):
    """This Space's address as its callers know it."""
    if "SPACE_HOST" in os.environ:
        return f"https://{os.environ['SPACE_HOST']}"
    headers = request.headers
    host = headers.get("x-forwarded-host", headers.get("host", "")).split(",")[0].strip()
    scheme = headers.get("x-forwarded-proto", "http").split(",")[0].strip()
    return f"{scheme}://{host}"


def predict(text_prompt, image_prompt, prompt_type, nofimages_to_show):
    """A gallery of the pictures nearest to the text or to the picture."""
    limit = {"limit": max(1, min(int(nofimages_to_show), 50))}
    if prompt_type == "Image":
        if not image_prompt:
            raise gr.Error("upload a picture first")
        hits = ask(limit, pathlib.Path(image_prompt).read_bytes())
    else:
        hits = ask({"query": text_prompt or "", **limit})
    return [(picture_of(hit), hit.get("caption", "")) for hit in hits]


def search(query: str, count: int = 10, request: gr.Request = None) -> list[dict]:
    """The nearest pictures as a list of {url, caption, score}."""
    hits = ask({"query": query, "limit": max(1, min(int(count), 50))})
    about = [{key: hit.get(key) for key in ("caption", "score")} for hit in hits]
    return [{"url": address_of(hit, request), **more} for hit, more in zip(hits, about)]


def readable(schema):
    """`schema` as gradio_client 1.7, which the reference uses, can read it: without bare `true`."""
    if isinstance(schema, dict):
        bare = {"additionalProperties": {}} if schema.get("additionalProperties") is True else {}
        return {key: readable(value) for key, value in schema.items()} | bare
    return [readable(item) for item in schema] if isinstance(schema, list) else schema


class Page(gr.Blocks):
    def get_config_file(self):
        return readable(super().get_config_file())


def end(*_):
    sys.exit(0)


engine = Engine()
engine.url()
atexit.register(engine.stop)
signal.signal(signal.SIGTERM, end)
with Page(title="CLIP image search") as demo:
    gr.Markdown("# CLIP image search\nDescribe a picture, or upload one to find others like it.")
    with gr.Row():
        with gr.Column():
            text = gr.Textbox(label="Text", placeholder="a red bus at night")
            image = gr.Image(label="Picture", type="filepath")
        with gr.Column():
            kind = gr.Radio(["Text", "Image"], value="Text", label="Search by")
            count = gr.Slider(1, 50, value=5, step=1, label="Number of results")
            button = gr.Button("Search", variant="primary")
    gallery = gr.Gallery(label="Results", columns=5)
    inputs = [text, image, kind, count]
    gr.on([button.click, text.submit], predict, inputs, gallery, api_name="predict")
    gr.api(search, api_name="search")

if __name__ == "__main__":
    demo.queue(max_size=64, default_concurrency_limit=4).launch(allowed_paths=[str(DATASET), str(FETCHED)])
