"""Run by tests/peers/aws-signature/run: signs requests with our signer and with botocore, and compares.

Prints each that differs and how many were compared; exits 1 if any differs.
"""

import datetime
import itertools
import json
import subprocess
import sys

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from peers import probe

# Moments with and without leading zeros, and the last second of a day.
TIMES = [1795334400, 1772323384, 1798761599]
SCOPES = [("eu-central-1", "execute-api"), ("us-gov-west-1", "ssm")]
HOSTS = ["abc123.execute-api.eu-central-1.amazonaws.com", "abc123.execute-api.localhost:4566"]
WHO = [
    ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None),
    ("ASIAEXAMPLE", "secret/+=", "IQoJb3JpZ2luX2VjE//+=="),
]
PATHS = ["/search", "/v1/search", "/", "/a%20b/%C3%A9~-_.", "/%D0%BA%D0%BE%D1%82%2Bx"]
TEXTS = """cat|cat on a mat|a+b|a,b&c=d|кот на ковре 🐈|100%|%2B%20|it's (ok)!*~-_.|é/ü?#[]@:$|"q" <x>
日本語 テスト|a=b;c|\\^`{|}|e\u0301 \u00e9|👩‍👩‍👧‍👦 🇪🇸|מים ماء|\t\u00a0 |\x7f\u200b\ufeff"""
QUERIES = [
    *([("query", text)] for text in TEXTS.replace("{|}", "{\x00}").replace("\n", "|").split("|")),
    [],
    [("query", "")],
    [("query", "x" * 500)],
    [("query", "🐈" * 500)],
    [("query", "red bus"), ("details", "true"), ("limit", "5")],
    [("query", "red bus"), ("details", "true"), ("limit", "5"), ("offset", "10")],
    [("b", "2"), ("a", "2"), ("a", "1"), ("A", "1"), ("a-b", "1"), ("a", "")],
    [("limit", "5"), ("query", "twice"), ("query", "again")],
    [("имя", "значение"), ("a b", "c d"), ("a+b", "c")],
]
BODIES = ["", "x", "picture é 🐈 \r\n", "x" * 100_000]
LEAST = 200


def cases():
    def case(url, query, who=WHO[0], body=None, scope=SCOPES[0], time=TIMES[0]):
        names = ["access_key", "secret_key", "session_token", "region", "service"]
        return {"url": url, "query": query, "body": body, "time": time} | dict(
            zip(names, who + scope)
        )

    for who, path, query in itertools.product(WHO, PATHS, QUERIES):
        yield case(f"https://{HOSTS[0]}{path}", query, who)
    for who, body, query in itertools.product(WHO, BODIES, [[], [("limit", "5"), ("a", "é")]]):
        yield case(f"https://{HOSTS[0]}/search", query, who, body)
    for scope, time, host in itertools.product(SCOPES, TIMES, HOSTS):
        yield case(f"http://{host}/search", [("query", "a b")], WHO[1], None, scope, time)


def theirs(case, url):
    """What botocore adds to a request to `url`."""
    now = datetime.datetime.fromtimestamp(case["time"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: now.replace(
        tzinfo=None if remove_tzinfo else datetime.timezone.utc
    )
    method = "GET" if case["body"] is None else "POST"
    request = AWSRequest(method=method, url=url, data=(case["body"] or "").encode())
    who = Credentials(case["access_key"], case["secret_key"], case["session_token"])
    botocore.auth.SigV4Auth(who, case["service"], case["region"]).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def main():
    asked = list(cases())
    lines = "".join(json.dumps(case) + "\n" for case in asked)
    done = subprocess.run(
        [probe(), "signature"], input=lines, stdout=subprocess.PIPE, text=True, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(asked) >= LEAST, f"{len(answers)} answers to {len(asked)} requests"
    different = 0
    for case, answer in zip(asked, answers):
        expected = theirs(case, answer["url"])
        if answer["headers"] != expected:
            different += 1
            print(f"aws-signature: DIFFERENT {json.dumps(case)[:400]}\n  {answer}\n  {expected}")
    print(f"aws-signature: {len(asked)} compared, {different} different")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
