"""The Space: the reference's page and its API, in front of our own clip-search on loopback.

`/predict(text_prompt, image_prompt, prompt_type, nofimages_to_show)` answers a gallery, `/search`
a list of {url, caption, score}. Beside this file lie the program `clip-search`, and `model.clip`
and `index` unless the built-in ones are to be searched; README.md says how they get there.
"""

import atexit
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import gradio as gr

HERE = pathlib.Path(__file__).resolve().parent
DATASET = HERE / "dataset"
PROGRAM = pathlib.Path(os.environ.get("CLIP_SEARCH_PROGRAM", HERE / "clip-search"))
ADDRESS = os.environ.get("CLIP_SEARCH_LISTEN", "127.0.0.1:8080")
# Where the pictures of `dataset` can be fetched by everybody, as the hub serves them.
PUBLIC = os.environ.get("CLIP_SEARCH_PUBLIC_BASE") or (
    f"https://huggingface.co/spaces/{os.environ['SPACE_ID']}/resolve/main/dataset/"
    if "SPACE_ID" in os.environ
    else ""
)
FETCHED = pathlib.Path(tempfile.mkdtemp(prefix="pictures-"))
MEDIA_TYPES = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"RI": "image/webp"}


def start():
    """Starts clip-search and waits until it answers; the model is only mapped, never loaded."""
    given = {"CLIP_SEARCH_ENGINE": "clip", "CLIP_SEARCH_LISTEN": ADDRESS}
    if (HERE / "model.clip").exists():
        given["CLIP_SEARCH_MODEL"] = str(HERE / "model.clip")
    if (HERE / "index").exists():
        given["CLIP_SEARCH_INDEX"] = str(HERE / "index")
        given["CLIP_SEARCH_PUBLIC_BASE"] = PUBLIC
    if not os.access(PROGRAM, os.X_OK):
        PROGRAM.chmod(0o755)
    program = subprocess.Popen([PROGRAM, "serve"], env={**os.environ, **given})
    atexit.register(program.terminate)
    while True:
        try:
            urllib.request.urlopen(f"http://{ADDRESS}/ready", timeout=5).close()
            return program
        except OSError:
            if program.poll() is not None:
                raise SystemExit(f"clip-search ended with code {program.returncode}") from None
            time.sleep(0.02)


def ask(parameters, picture=None):
    """The results for words, or for the picture file's bytes."""
    global running
    if running.poll() is not None:
        running = start()
    address = f"http://{ADDRESS}/search?" + urllib.parse.urlencode({"details": "true", **parameters})
    headers = {"Content-Type": MEDIA_TYPES.get(picture[:2], "image/jpeg")} if picture else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, picture, headers)) as answer:
            return json.load(answer)["results"]
    except urllib.error.HTTPError as error:
        raise gr.Error(json.load(error)["error"]["message"]) from error


def picture_of(hit):
    """The hit's file, under the name it has in the collection; else its address."""
    name = urllib.parse.unquote(urllib.parse.urlsplit(hit["url"]).path.rsplit("/", 1)[-1])
    if (DATASET / name).is_file():
        return str(DATASET / name)
    if not hit["url"].startswith(f"http://{ADDRESS}/"):
        return hit["url"]
    if not (FETCHED / name).exists():
        urllib.request.urlretrieve(hit["url"], FETCHED / name)
    return str(FETCHED / name)


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


def search(query: str, count: int = 10) -> list[dict]:
    """The nearest pictures as a list of {url, caption, score}."""
    hits = ask({"query": query, "limit": max(1, min(int(count), 50))})
    return [{key: hit.get(key) for key in ("url", "caption", "score")} for hit in hits]


def readable(schema):
    """`schema` as gradio_client 1.7, which the reference uses, can read it: without bare `true`."""
    if isinstance(schema, dict):
        bare = {"additionalProperties": {}} if schema.get("additionalProperties") is True else {}
        return {key: readable(value) for key, value in schema.items()} | bare
    return [readable(item) for item in schema] if isinstance(schema, list) else schema


class Page(gr.Blocks):
    def get_config_file(self):
        return readable(super().get_config_file())


running = start()
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
