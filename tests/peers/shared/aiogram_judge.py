"""Judges Bot API requests by aiogram's models, which are generated from the documentation.

aiogram_judge.py FILE: FILE holds a JSON array [method, parameters] a line. Prints what is unknown,
missing, mistyped or deprecated, at any depth; exits 1 if there is anything, or nothing to judge.
"""

import collections
import inspect
import json
import sys

import aiogram.methods
from aiogram.methods.base import TelegramMethod
from pydantic import BaseModel, ValidationError

METHODS = {
    model.__api_method__: model
    for model in vars(aiogram.methods).values()
    if inspect.isclass(model) and issubclass(model, TelegramMethod) and model is not TelegramMethod
}
DEPRECATED = {"reply_to_message_id", "allow_sending_without_reply", "disable_web_page_preview"}


def problems(method, parameters):
    model = METHODS.get(method)
    if model is None:
        return [f"{method} is not a method"]
    known = {field.alias or name for name, field in model.model_fields.items()}
    found = [f"{method}.{name} is not a parameter" for name in parameters if name not in known]
    found += [f"{method}.{name} is deprecated" for name in parameters if name in DEPRECATED]
    try:
        request = model.model_validate({k: v for k, v in parameters.items() if k in known})
    except ValidationError as error:
        rows = error.errors()
        return found + [f"{method}.{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in rows]
    return found + list(unknown_fields(request, method))


def unknown_fields(value, path):
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name} is not a field of {type(value).__name__}"
        for name in value.model_fields_set:
            yield from unknown_fields(getattr(value, name, None), f"{path}.{name}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from unknown_fields(item, f"{path}[{index}]")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        requests = [json.loads(line) for line in file]
    found = [problem for method, parameters in requests for problem in problems(method, parameters)]
    for problem in sorted(set(found)):
        print(problem)
    counts = collections.Counter(method for method, _ in requests)
    print(", ".join(f"{count} {method}" for method, count in sorted(counts.items())))
    print(f"{len(requests)} requests judged, {len(found)} problems")
    # The judge itself must be able to refuse.
    typo = {"chat_id": 1, "media": [{"type": "photo", "media": "u", "captoin": "c"}]}
    assert problems("sendMediaGroup", typo) and problems("sendPhoto", {"chat_id": 1})
    sys.exit(bool(found) or not requests)


if __name__ == "__main__":
    main()
