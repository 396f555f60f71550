"""Qdrant's REST API in front of qdrant-client's own local mode: every request must be one that
qdrant-client's models accept as they are, without fields that they do not know.

Says where it is `listening on`. With --key, asks for that key. GET /requests tells what was asked.
"""

import argparse
import collections
import http.server
import json

import pydantic
from qdrant_client import QdrantClient
from qdrant_client.http import models

asked = collections.Counter()
client = QdrantClient(":memory:")


class NotThere(Exception):
    pass


def collection(name):
    if not client.collection_exists(name):
        raise NotThere(f"Not found: Collection `{name}` doesn't exist!")


def create(name, body):
    wanted = models.CreateCollection.model_validate(body, strict=False)
    client.create_collection(
        name, vectors_config=wanted.vectors, quantization_config=wanted.quantization_config
    )
    # What the real server would do with it; local mode has no bytes.
    assert wanted.quantization_config.scalar.type == models.ScalarType.INT8, body
    return True


def describe(name, _):
    collection(name)
    return client.get_collection(name)


def upsert(name, body):
    collection(name)
    points = models.PointsList.model_validate(body).points
    client.upsert(name, points, wait=True)
    return models.UpdateResult(operation_id=0, status=models.UpdateStatus.COMPLETED)


def delete(name, body):
    collection(name)
    client.delete(name, models.PointIdsList.model_validate(body), wait=True)
    return models.UpdateResult(operation_id=0, status=models.UpdateStatus.COMPLETED)


def query(name, body):
    collection(name)
    wanted = models.QueryRequest.model_validate(body)
    return client.query_points(
        name,
        query=wanted.query,
        limit=wanted.limit,
        score_threshold=wanted.score_threshold,
        with_payload=wanted.with_payload,
        with_vectors=wanted.with_vector,
        search_params=wanted.params,
    )


def scroll(name, body):
    collection(name)
    wanted = models.ScrollRequest.model_validate(body)
    points, after = client.scroll(
        name,
        # The real server may give fewer than are wanted; ours must go on.
        limit=min(wanted.limit, 100),
        offset=wanted.offset,
        with_payload=wanted.with_payload,
        with_vectors=wanted.with_vector,
    )
    return models.ScrollResult(points=points, next_page_offset=after)


def count(name, body):
    collection(name)
    return client.count(name, exact=models.CountRequest.model_validate(body).exact)


def point(name, id):
    collection(name)
    found = client.retrieve(name, [id], with_payload=True, with_vectors=True)
    if not found:
        raise NotThere(f"Not found: Point with id {id} does not exists!")
    return found[0]


ROUTES = {
    ("GET", ""): describe,
    ("PUT", ""): create,
    ("PUT", "/points?wait=true"): upsert,
    ("POST", "/points/delete?wait=true"): delete,
    ("POST", "/points/query"): query,
    ("POST", "/points/scroll"): scroll,
    ("POST", "/points/count"): count,
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if self.path == "/requests":
            return self.answer(200, dict(asked))
        if options.key and self.headers.get("api-key") != options.key:
            return self.answer(401, "Must provide an API key or an Authorization bearer token")
        prefix, _, rest = self.path.removeprefix("/collections/").partition("/")
        prefix, mark, more = prefix.partition("?")
        rest = f"/{rest}" if rest else ""
        id = rest.removeprefix("/points/")
        is_point = self.command == "GET" and rest.startswith("/points/") and "/" not in id
        route = ROUTES.get((self.command, rest))
        if not self.path.startswith("/collections/") or not (route or is_point):
            return self.answer(404, None)
        asked[f"{self.command} {'/points/ID' if is_point else rest}"] += 1
        try:
            result = point(prefix, id) if is_point else route(prefix, body)
        except NotThere as error:
            return self.answer(404, {"status": {"error": str(error)}, "time": 0})
        except (pydantic.ValidationError, AssertionError, ValueError) as error:
            print(f"REFUSED {self.command} {self.path}: {error}", flush=True)
            return self.answer(400, {"status": {"error": f"Format error: {error}"}, "time": 0})
        if isinstance(result, pydantic.BaseModel):
            result = json.loads(result.model_dump_json(exclude_none=True))
        if rest == "/points/scroll":
            result.setdefault("next_page_offset", None)
        self.answer(200, {"result": result, "status": "ok", "time": 0})

    do_GET = do_PUT = do_POST = handle_any

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--key")
options = parser.parse_args()
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
