"""A Space to test against: one file for Gradio 3.50 to 6, coloured squares in place of CLIP.

gradio_app.py --port PORT --folder DIR --pictures URL [--max-size N] [--slow SECONDS]
DIR gets the pictures (with a blank and an accent in their names, so that encoding matters);
URL is where the same files are served, for the functions that answer with addresses.
Every function ranks the colours by whether the query names them.
"""

import argparse
import inspect
import pathlib
import time
import urllib.parse

import gradio as gr
from PIL import Image

COLOURS = ["red", "green", "blue", "orange", "black", "white", "purple", "brown", "pink", "gold"]

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--folder", type=pathlib.Path, required=True)
parser.add_argument("--pictures", required=True)
parser.add_argument("--max-size", type=int)
parser.add_argument("--slow", type=float, default=20)
options = parser.parse_args()

FILES = {colour: options.folder / f"{colour} café.png" for colour in COLOURS}
options.folder.mkdir(parents=True, exist_ok=True)
for colour, file in FILES.items():
    if not file.exists():
        Image.new("RGB", (64, 48), colour).save(file)


def ranked(query, count):
    named = sorted(COLOURS, key=lambda colour: colour not in (query or ""))
    return named[: int(count)]


def address(colour):
    return f"{options.pictures}/{urllib.parse.quote(FILES[colour].name)}"


def predict(text_prompt, image_prompt, prompt_type, nofimages_to_show):
    """The reference's function: by words or by picture."""
    if prompt_type == "Image":
        seen = Image.open(image_prompt).convert("RGB").getpixel((1, 1))
        text_prompt = next(c for c in COLOURS if Image.open(FILES[c]).getpixel((1, 1)) == seen)
    return gallery(text_prompt, nofimages_to_show)


def gallery(query, count):
    return [(str(FILES[colour]), f"a {colour} square") for colour in ranked(query, count)]


def only_query(query):
    return gallery(query, 4)


def files(query, count):
    return [str(FILES[colour]) for colour in ranked(query, count)]


def addresses(query, count):
    return [address(colour) for colour in ranked(query, count)]


def objects(query, count):
    page = options.pictures + "/page"
    return {
        "results": [
            {"url": address(colour), "caption": colour, "score": 0.5, "page": page}
            for colour in ranked(query, count)
        ]
    }


def html(query, count):
    images = (f'<img src="{address(colour)}?w=1&amp;h=2">' for colour in ranked(query, count))
    return "<div>" + "".join(images) + "</div>"


def markdown(query, count):
    return "\n".join(f"- ![{colour}]({address(colour)})" for colour in ranked(query, count))


def update(query, count):
    text = f"see {options.pictures}/page"
    return gr.update(value=gallery(query, count), visible=True), gr.update(value=text)


def stream(query, count):
    for reached in range(1, int(count) + 1):
        time.sleep(0.1)
        yield addresses(query, reached)


def state(query, calls, count):
    return (calls or 0) + 1, addresses(query, count)


def inline(query):
    return '<img src="data:image/png;base64,iVBORw0KGgo=">'


def fail(query):
    raise gr.Error("the <b>index</b> is not loaded: " + query)


def crash(query):
    return 1 / 0


def slow(query):
    time.sleep(options.slow)
    return addresses(query, 1)


with gr.Blocks(title="peer") as app:
    query = gr.Textbox(label="Query")
    count = gr.Slider(1, 50, value=4, step=1, label="Number of images")
    picture = gr.Image(label="image_prompt", type="filepath")
    kind = gr.Radio(["Text", "Image"], value="Text", label="prompt_type")
    prompt = gr.Textbox(label="text_prompt")
    shown = gr.Slider(1, 50, value=5, step=1, label="nofimages_to_show")
    calls = gr.State()
    gallery_out, json_out, text_out = gr.Gallery(), gr.JSON(), gr.Textbox()
    files_out, html_out, markdown_out = gr.File(file_count="multiple"), gr.HTML(), gr.Markdown()

    def offer(function, inputs, outputs):
        button = gr.Button(function.__name__)
        button.click(function, inputs, outputs, api_name=function.__name__)

    offer(predict, [prompt, picture, kind, shown], gallery_out)
    offer(gallery, [query, count], gallery_out)
    offer(only_query, [query], gallery_out)
    offer(files, [query, count], files_out)
    offer(addresses, [query, count], json_out)
    offer(objects, [query, count], json_out)
    offer(html, [query, count], html_out)
    offer(markdown, [query, count], markdown_out)
    offer(update, [query, count], [gallery_out, markdown_out])
    offer(stream, [query, count], json_out)
    offer(state, [query, calls, count], [calls, json_out])
    offer(inline, [query], html_out)
    offer(fail, [query], json_out)
    offer(crash, [query], json_out)
    offer(slow, [query], json_out)

app.queue(max_size=options.max_size)
wanted = {
    "server_name": "127.0.0.1",
    "server_port": options.port,
    "allowed_paths": [str(options.folder)],
    "quiet": True,
    "show_api": True,
}
known = inspect.signature(app.launch).parameters
app.launch(**{name: value for name, value in wanted.items() if name in known})
