"""Apps as other people write them, for Gradio 3.50 to 6: one port each, nothing set for clip-search.

gradio_shapes.py --folder DIR --pictures URL
DIR has the pictures, named by colour; URL is where they are served. Prints a line of JSON for each
app, {"shape", "url", "pictures"}, and waits for a line before it makes the next; then {"ready"}.
"""

import argparse
import base64
import inspect
import json
import pathlib
import socket
import sys
import threading
import time

import gradio as gr

COLOURS = ["red", "green", "blue"]
MAJOR = int(gr.__version__.split(".")[0])
CHAT = {"type": "messages"} if MAJOR == 5 else {}

parser = argparse.ArgumentParser()
parser.add_argument("--folder", type=pathlib.Path, required=True)
parser.add_argument("--pictures", required=True)
options = parser.parse_args()
shapes = {}


def shape(pictures):
    """Registers an app, with how many pictures a search of it for five gives."""

    def register(make):
        shapes[make.__name__] = (make, pictures)
        return make

    return register


def ranked(query):
    return sorted(COLOURS, key=lambda colour: colour not in (query or ""))


def path(colour):
    return str(options.folder / f"{colour}.png")


def address(colour):
    return f"{options.pictures}/{colour}.png"


def gallery(query, count=3):
    return [(path(colour), colour) for colour in ranked(query)][: int(count)]


def inline(colour):
    return "data:image/png;base64," + base64.b64encode(pathlib.Path(path(colour)).read_bytes()).decode()


def listen(listener, function, inputs, outputs, **more):
    if more.get("api_name") is False and MAJOR >= 6:
        more = {"api_visibility": "private"}
    listener(function, inputs, outputs, **more)


def app(function, inputs, outputs, **more):
    """One button in gr.Blocks, which runs `function`; components are made by what makes them."""
    with gr.Blocks() as blocks:
        inputs, outputs = [make() for make in inputs], [make() for make in outputs]
        listen(gr.Button("Go").click, function, inputs, outputs, **{"api_name": "search", **more})
    return blocks


def textbox(**properties):
    return lambda: gr.Textbox(**properties)


def slider(low, high, **properties):
    return lambda: gr.Slider(low, high, step=1, **properties)


@shape(3)
def interface():
    return gr.Interface(lambda query: gallery(query), "text", gr.Gallery())


@shape(3)
def interface_with_state():
    count = lambda query, calls: (gallery(query), (calls or 0) + 1)
    return gr.Interface(count, ["text", "state"], [gr.Gallery(), "state"])


@shape(3)
def chat():
    show = lambda message, history: "\n".join(f"![]({address(colour)})" for colour in ranked(message))
    return gr.ChatInterface(show, **CHAT)


@shape(3)
def chat_inline():
    show = lambda message, history: "".join(f"![]({inline(colour)})" for colour in ranked(message))
    return gr.ChatInterface(show, **CHAT)


@shape(3)
def state_first():
    function = lambda calls, query, count: ((calls or 0) + 1, gallery(query, count))
    return app(function, [gr.State, textbox(), slider(1, 10, value=2)], [gr.State, gr.Gallery])


@shape(3)
def unnamed():
    return app(gallery_of_query, [textbox()], [gr.Gallery], api_name=False)


def gallery_of_query(query):
    return gallery(query)


@shape(3)
def enter_and_button():
    with gr.Blocks() as blocks:
        query, shown, button = gr.Textbox(), gr.Gallery(), gr.Button("Go")
        query.submit(gallery_of_query, query, shown)
        button.click(gallery_of_query, query, shown)
    return blocks


@shape(2)
def the_reference():
    def predict(text_prompt, image_prompt, prompt_type, nofimages_to_show):
        assert image_prompt is None and prompt_type == "Text"
        return gallery(text_prompt, min(int(nofimages_to_show), 2))

    kind = lambda: gr.Radio(["Image", "Text"], value="Image", label="prompt_type")
    inputs = [textbox(label="text_prompt"), gr.Image, kind, slider(1, 50, label="nofimages_to_show")]
    return app(predict, inputs, [gr.Gallery], api_name="predict")


@shape(2)
def dropdown_of_texts():
    function = lambda mode, query, count: gallery(query, {"1": 1, "2": 2}[count])
    mode = lambda: gr.Dropdown(["fast", "good"], value="fast", label="Mode")
    count = lambda: gr.Dropdown(["1", "2"], value="1", label="How many")
    return app(function, [mode, textbox(), count], [gr.Gallery])


@shape(3)
def threshold_and_checkbox():
    def function(exact, query, threshold, count):
        assert not exact and threshold == 0.25
        return gallery(query, count)

    exact = lambda: gr.Checkbox(label="Exact")
    threshold = lambda: gr.Slider(0, 1, value=0.25, label="Threshold")
    return app(function, [exact, textbox(), threshold, slider(1, 9, label="k")], [gr.Gallery])


@shape(3)
def generator():
    def function(query):
        for count in range(1, 4):
            time.sleep(0.1)
            yield gallery(query, count)

    return app(function, [textbox()], [gr.Gallery])


@shape(2)
def files_of_all_kinds():
    notes = options.folder / "notes.txt"
    notes.write_text("no picture")
    function = lambda query: [str(notes), path("red"), path("blue")]
    return app(function, [textbox()], [lambda: gr.File(file_count="multiple")])


@shape(3)
def paths_in_json():
    return app(lambda query: [path(colour) for colour in ranked(query)], [textbox()], [gr.JSON])


@shape(3)
def sizes_in_json():
    def photo(colour):
        sizes = {"raw": f"{address(colour)}?raw", "regular": address(colour), "thumb": f"{address(colour)}?t"}
        return {"id": colour, "urls": sizes, "links": {"html": f"{options.pictures}/page"}}

    return app(lambda query: {"results": [photo(c) for c in ranked(query)]}, [textbox()], [gr.JSON])


@shape(3)
def table():
    rows = lambda query: [[colour, 0.5, f"{options.pictures}/page", address(colour)] for colour in ranked(query)]
    headers = ["name", "score", "page", "picture"]
    return app(rows, [textbox()], [lambda: gr.Dataframe(headers=headers)])


@shape(3)
def label():
    function = lambda query: {path(colour): 1 / (2 + rank) for rank, colour in enumerate(ranked(query))}
    return app(function, [textbox()], [gr.Label])


@shape(3)
def lazy_html():
    def function(query):
        images = (f'<img data-src="{options.pictures}/none" src="{address(c)}">' for c in ranked(query))
        return '<svg xmlns="http://www.w3.org/2000/svg"></svg>' + "".join(images)

    return app(function, [textbox()], [gr.HTML])


@shape(3)
def lines_of_paths():
    function = lambda query: "\n".join(path(colour) for colour in ranked(query))
    return app(function, [textbox()], [gr.Textbox])


@shape(3)
def tabs():
    def by_text(query, count):
        return gallery(query, count)

    def by_picture(picture, count):
        return gallery("", count)

    with gr.Blocks() as blocks:
        with gr.Tab("Words"):
            query, count, shown = gr.Textbox(label="Query"), gr.Slider(1, 9, 3, step=1), gr.Gallery()
            gr.Button("Go").click(by_text, [query, count], shown, api_name="by_text")
        with gr.Tab("Picture"):
            picture, count, shown = gr.Image(type="filepath"), gr.Slider(1, 9, 3, step=1), gr.Gallery()
            gr.Button("Go").click(by_picture, [picture, count], shown, api_name="by_picture")
    return blocks


@shape(3)
def pictures_and_texts():
    function = lambda query: [part for colour in ranked(query) for part in (path(colour), f"{colour}: 0.9")]
    return gr.Interface(function, "text", [kind for _ in COLOURS for kind in (gr.Image(), gr.Textbox())])


@shape(3)
def updates_of_hidden_pictures():
    function = lambda query: [gr.update(value=path(c), visible=True) for c in ranked(query)] + [gr.update()]
    return app(function, [textbox()], [lambda: gr.Image(visible=False)] * 4)


@shape(3)
def hidden_box_first():
    def function(secret, query):
        assert secret == "as it is"
        return gallery(query)

    return app(function, [textbox(value="as it is", visible=False), textbox()], [gr.Gallery])


@shape(3)
def notice_then_search():
    with gr.Blocks() as blocks:
        query, status, shown = gr.Textbox(), gr.Textbox(label="Status"), gr.Gallery()
        first = gr.Button("Go").click(lambda _: "Searching…", query, status, api_name="notice")
        first.then(gallery_of_query, query, shown, api_name="results")
    return blocks


@shape(3)
def kept_then_shown():
    with gr.Blocks() as blocks:
        query, kept, shown = gr.Textbox(), gr.State(), gr.Gallery()
        first = gr.Button("Go").click(lambda query: [path(colour) for colour in ranked(query)], query, kept)
        first.then(lambda paths: paths, kept, shown)
    return blocks


@shape(3)
def chat_in_two_steps():
    if MAJOR < 5:
        return app(gallery_of_query, [textbox()], [gr.Gallery])

    def asked(query, history):
        return "", (history or []) + [{"role": "user", "content": query}]

    def answered(history):
        said = history[-1]["content"]
        query = said if isinstance(said, str) else said[0]["text"]
        return history + [{"role": "assistant", "content": {"path": path(colour)}} for colour in ranked(query)]

    with gr.Blocks() as blocks:
        chat, query = gr.Chatbot(**CHAT), gr.Textbox()
        query.submit(asked, [query, chat], [query, chat]).then(answered, chat, chat)
    return blocks


@shape(2)
def chat_with_pictures_and_words():
    if MAJOR < 6:
        return app(lambda query: [path(colour) for colour in ranked(query)][:2], [textbox()], [gr.Image] * 2)
    shown = lambda colour: gr.Image(path(colour))
    return gr.ChatInterface(lambda message, history: ["Here:", *map(shown, ranked(message)[:2])], **CHAT)


@shape(3)
def search_and_clear():
    with gr.Blocks() as blocks:
        query, shown = gr.Textbox(), gr.Gallery()
        gr.Button("Clear").click(lambda: ("", []), None, [query, shown], api_name="clear")
        gr.Button("Any").click(lambda: gallery(""), None, shown, api_name="any")
        gr.Button("Go").click(gallery_of_query, query, shown, api_name="find")
    return blocks


@shape(3)
def chat_with_a_count():
    function = lambda message, history, count: "".join(
        f"<img src='{address(colour)}'>" for colour in ranked(message)[: int(count)]
    )
    return gr.ChatInterface(function, additional_inputs=[gr.Slider(1, 9, 2, step=1, label="Results")], **CHAT)


@shape(1)
def chat_with_a_picture():
    if MAJOR < 5:
        return app(lambda query: path(ranked(query)[0]), [textbox()], [gr.Image])
    return gr.ChatInterface(lambda message, history: gr.Image(path(ranked(message)[0])), **CHAT)


@shape(3)
def table_of_markdown():
    rows = lambda query: [[f"![{colour}]({address(colour)})", 0.3] for colour in ranked(query)]
    table = lambda: gr.Dataframe(headers=["Picture", "Score"], datatype=["markdown", "number"])
    return app(rows, [textbox()], [table])


@shape(3)
def lists_of_a_database():
    def function(query):
        metadata = [[{"path": path(colour)} for colour in ranked(query)]]
        return {"ids": [["1", "2", "3"]], "documents": [[None] * 3], "metadatas": metadata}

    return app(function, [textbox()], [gr.JSON])


@shape(3)
def paths_without_ending():
    def function(query):
        for colour in COLOURS:
            (options.folder / colour).write_bytes(pathlib.Path(path(colour)).read_bytes())
        return [{"image": str(options.folder / colour), "score": 0.3} for colour in ranked(query)]

    return app(function, [textbox()], [gr.JSON])


@shape(3)
def plain_base64():
    function = lambda query: [{"image": inline(colour).split(",")[1]} for colour in ranked(query)]
    return app(function, [textbox()], [gr.JSON])


@shape(3)
def html_with_script():
    head = "<style>p {}</style><script>const image = '<img src=none.png>'</script><!-- <img src=none.png> -->"
    function = lambda query: head + "".join(f"<img src='{address(colour)}'>" for colour in ranked(query))
    return app(function, [textbox()], [gr.HTML])


@shape(0)
def words_for_nothing():
    return app(lambda query: f"<p>No results found for {query}.</p>", [textbox()], [gr.HTML])


@shape(1)
def one_image():
    return app(lambda query: path(ranked(query)[0]), [textbox()], [gr.Image])


@shape(3)
def login():
    return app(gallery_of_query, [textbox()], [gr.Gallery]), {"auth": ("user", "pass")}


@shape(3)
def mounted():
    import fastapi
    import uvicorn

    blocks = app(gallery_of_query, [textbox()], [gr.Gallery])
    if MAJOR == 3:
        blocks.queue()
    known = inspect.signature(gr.mount_gradio_app).parameters
    more = {"allowed_paths": [str(options.folder)]} if "allowed_paths" in known else {}
    server = gr.mount_gradio_app(fastapi.FastAPI(), blocks, path="/app", **more)
    port = free_port()
    run = lambda: uvicorn.run(server, host="127.0.0.1", port=port, log_level="error")
    threading.Thread(target=run, daemon=True).start()
    time.sleep(2)
    return f"http://127.0.0.1:{port}/app"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def launch(made):
    """Starts an app, and returns its address."""
    if isinstance(made, str):
        return made
    made, more = made if isinstance(made, tuple) else (made, {})
    if MAJOR == 3:
        made.queue()
    port = free_port()
    more |= {"server_name": "127.0.0.1", "server_port": port, "allowed_paths": [str(options.folder)]}
    made.launch(quiet=True, prevent_thread_lock=True, **more)
    return f"http://127.0.0.1:{port}"


for name, (make, pictures) in shapes.items():
    print(json.dumps({"shape": name, "url": launch(make()), "pictures": pictures}), flush=True)
    # A component that is made for an answer would become part of an app that is made meanwhile.
    sys.stdin.readline()
print(json.dumps({"ready": gr.__version__}), flush=True)
while True:
    time.sleep(3600)
