"""Pictures that are saved on this machine while the owner's lie in Qdrant: one ranking, best first."""

import functools
import json
import pathlib

from peers import ask, run, started

DRAWINGS = pathlib.Path(__file__).resolve().parents[3] / "models/drawings"
TOKEN = "token-of-the-peer"


@functools.cache
def drawing(name):
    """The JPEG file of a built-in drawing."""
    rows = (DRAWINGS / "collection.tsv").read_text().splitlines()
    row = next(row for row in rows if row.startswith(f"{name}\t")).split("\t")
    offset, length = int(row[-2]), int(row[-1])
    return (DRAWINGS / "collection.bin").read_bytes()[offset : offset + length]


def check(checking, program, folder, url, settings):
    pictures = folder / "owner"
    pictures.mkdir()
    for name in ["dog", "pizza", "pear"]:
        (pictures / f"{name}.jpg").write_bytes(drawing(name))
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    settings = {**settings, "CLIP_SEARCH_INDEX": str(folder / "owner-index"), "HOME": str(folder)}
    run([program, "index", "add", pictures], env=settings)
    run([program, "index", "push", url], env=settings)
    serving = {
        "CLIP_SEARCH_LISTEN": "127.0.0.1:0",
        "CLIP_SEARCH_MIN_SCORE": "-1",
        "CLIP_SEARCH_QDRANT": url,
        "CLIP_SEARCH_SAVED": str(folder / "saved"),
        "CLIP_SEARCH_TOKEN_FILE": str(token),
    }
    settings = {name: value for name, value in settings.items() if name != "CLIP_SEARCH_INDEX"}
    with started([program, "serve"], {**settings, **serving}) as (address, _):
        with checking("saves beside Qdrant"):
            for user, name in [(1, "bus"), (1, "cat"), (2, "bicycle")]:
                assert save(address, user, name) == 201, name
        with checking("saved pictures and Qdrant's are one ranking, best first"):
            both = "collection=folders&collection=user:1"
            found = search(address, f"{both}&query=a+red+bus&limit=50")
            scores = [hit["score"] for hit in found]
            assert scores == sorted(scores, reverse=True), scores
            assert found[0].get("collection") == "user:1", found[0]
            of = [hit.get("collection") for hit in found]
            assert (of.count("user:1"), of.count(None)) == (2, 3), of
            first = search(address, f"{both}&query=a+dog&limit=1")
            assert "collection" not in first[0], first
        with checking("of the others nothing"):
            assert len(search(address, "query=bicycle&limit=50")) == 3
            assert len(search(address, "collection=user:2&query=bicycle")) == 1


def save(address, user, name):
    target = f"{address}/pictures?collection=user:{user}&key={name}&keep=yes"
    return ask(target, drawing(name), authorized())[0]


def search(address, parameters):
    status, _, body = ask(f"{address}/search?details=true&{parameters}", None, authorized())
    assert status == 200, body
    return json.loads(body)["results"]


def authorized():
    return {"authorization": f"Bearer {TOKEN}", "content-type": "image/jpeg"}
