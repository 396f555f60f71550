"""Asks aiogram's models about the requests in strictness.json.

The playground's Bot API server is asked about the same list by tests/it/strictness.rs. Prints each
request on which the list and aiogram differ; exits 1 if there is one. Limits of length are not in
the list: aiogram does not know them.
"""

import json
import pathlib
import sys

from aiogram_judge import problems


def main():
    file = pathlib.Path(__file__).with_name("strictness.json")
    requests = json.loads(file.read_text(encoding="utf-8"))
    wrong = 0
    for request in requests:
        found = problems(request["method"], request["parameters"])
        if bool(found) != (request["verdict"] == "bad"):
            wrong += 1
            print(f"{request['method']}, {request['why']}: is {request['verdict']}; aiogram: {found}")
    print(f"{len(requests)} requests, {wrong} on which aiogram differs")
    sys.exit(bool(wrong) or len(requests) < 40)


if __name__ == "__main__":
    main()
