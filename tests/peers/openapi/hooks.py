"""Gives schemathesis a picture where the description wants one: chance makes none."""

import os
import pathlib

import schemathesis
from hypothesis import strategies

PICTURE = pathlib.Path(os.environ["PICTURE"]).read_bytes()

schemathesis.openapi.format("binary", strategies.just(PICTURE))
for kind in "image/jpeg", "image/png", "image/webp":
    # The endpoint goes by the first bytes, whatever the type is called.
    schemathesis.openapi.media_type(kind, strategies.just(PICTURE))
