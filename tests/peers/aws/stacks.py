"""Run by tests/peers/aws/run: a line a check; exits 1 if any failed.

The commands are those of docs/aws.md. Left out of the stacks is the instance, which MiniStack does
not know; its script runs here, with a metadata service of ours that hands out the role's keys.
CLIP_SEARCH names another program than the one built from this tree.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import zipfile

import aws_templates
import box_stack
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from peers import ROOT, Checks, answers, ask, build, free_port, gradio, picture_server, python_of, server

REGION = "eu-central-1"
TOKEN = "123456:peer-token_of-AWS"
TOKEN_PARAMETER = "/clip-bot/telegram-token"
IMAGE = "canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
QUERIES = ["blue sky", "blue, a+b & 100% %2B", "blue кот 🐈", "blue; it's (ok)!*~"]
# How gradio_app.py ranks its pictures for those queries.
RANKED = ["blue", "red", "green", "orange", "black"]
checks = Checks()


def main():
    program = os.environ.get("CLIP_SEARCH") or build("clip-search", "--features", "lambda")
    bot = build("clip-bot")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        templates(folder)
        pictures = folder / "pictures"
        pictures.mkdir()
        address = stack.enter_context(picture_server(pictures))
        space = stack.enter_context(gradio(python_of("gradio6"), folder, pictures, address))
        cloud = stack.enter_context(ministack(folder))
        account = Account(folder, cloud, space, pictures, program, bot)
        account.check()
        box_stack.check(account, checking)
    checks.end()


def templates(folder):
    rules = "lint endpoint_is_private endpoint_is_bounded without_a_space_clip_runs_in_it"
    rules += " logs_hold_no_query instances_are_closed roles_are_narrow what_both_instances_have_is_the_same"
    for rule in rules.split():
        with checking(rule.replace("_", " ")):
            getattr(aws_templates, rule)()
    with checking("user data: schema and shell"):
        aws_templates.check_user_data(user_data("abc123", "bucket"), folder)
    with checking("the box's user data: schema and shell"):
        aws_templates.check_user_data(box_data("bucket"), folder)


def box_data(bucket):
    names = {"Bucket": bucket, "TokenParameter": TOKEN_PARAMETER, "Model": "laion-vit-b-32"}
    names |= {"PicturesBucket": "pictures", "AWS__Region": REGION, "AWS__URLSuffix": "amazonaws.com"}
    return aws_templates.user_data(aws_templates.BOX, **names)


def user_data(api, bucket):
    names = {"ApiId": api, "Bucket": bucket, "TokenParameter": TOKEN_PARAMETER}
    return aws_templates.user_data(aws_templates.BOT, **names, AWS__Region=REGION, AWS__URLSuffix="amazonaws.com")


@contextlib.contextmanager
def ministack(folder):
    port = free_port()
    environment = dict(os.environ, AUTH="true", GATEWAY_PORT=str(port), LOG_LEVEL="INFO")
    environment |= {"BIND_HOST": "127.0.0.1", "SFTP_HOST": "127.0.0.1", "TMPDIR": str(folder)}
    environment["IOT_MTLS_PORT"] = "0"  # none
    url, log = f"http://127.0.0.1:{port}", folder / "ministack.log"
    ready = lambda: answers(f"{url}/_ministack/health")
    with server(["ministack"], ready, log, env=environment, cwd=folder):
        yield url
        if checks.failed:
            print(log.read_text()[-8000:], file=sys.stderr)


class Account:
    """An AWS account, and who set it up by docs/aws.md."""

    def __init__(self, folder, cloud, space, pictures, program, bot):
        self.folder, self.cloud, self.space, self.pictures = folder, cloud, space, pictures
        self.program, self.bot = program, bot
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.environment |= {
            "AWS_ENDPOINT_URL": cloud,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_PAGER": "",
        }
        self.environment |= {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "HOME": str(folder),
        }
        self.box_page, page = (ROOT / "docs/aws.md").read_text().split("\n# With API Gateway and Lambda\n")
        (self.reference,) = re.findall(r"^`(SpaceApi=/predict .*)`$", page, re.M)
        self.first, self.set_up, self.private, self.update, self.tear_down = re.findall(
            r"^```sh\n(.*?)^```$", page, re.M | re.S
        )

    def check(self):
        work = self.folder / "work"
        (work / "aws").mkdir(parents=True)
        box = aws_templates.template_without_instance(aws_templates.BOX)
        (work / "aws/box.yaml").write_text(box)
        (work / "aws/api.yaml").write_text(aws_templates.API.read_text())
        (work / "aws/bot.yaml").write_text(aws_templates.template_without_instance())
        self.build_files("1")
        words = ["ssm", "put-parameter", "--name", "/" + IMAGE, "--type", "String"]
        self.aws(*words, "--value", "ami-0123456789abcdef0")
        with checking("set up: the page's commands"):
            self.run(self.set_up, TOKEN + "\n")
        self.api = self.output("clip-search", "ApiId")
        self.url = f"{self.cloud}/_aws/execute-api/{self.api}/$default"
        self.keys = self.role_keys()
        self.bucket = self.aws(
            "s3api", "list-buckets", "--query", "Buckets[0].Name", "--output", "text"
        ).strip()
        with metadata(self.keys, lambda: self.package) as self.metadata:
            self.refusals()
            self.searches()
            self.limits()
            self.instance()
            self.updates()
        with checking("tear down: the page's commands, and nothing is left"):
            self.run(self.tear_down)
            for command in (
                "lambda list-functions Functions",
                "apigatewayv2 get-apis Items",
                "s3api list-buckets Buckets",
                "ssm describe-parameters Parameters[?Type==`SecureString`]",
                "iam list-roles Roles[?contains(RoleName,`clip`)]",
                "ec2 describe-vpcs Vpcs[?CidrBlock==`10.73.0.0/24`]",
                "logs describe-log-groups logGroups[?contains(logGroupName,`clip`)]",
            ):
                service, verb, what = command.split()
                left = self.aws(
                    service, verb, "--query", f"length({what} || `[]`)", "--output", "text"
                )
                assert left.strip() in ("0", "None"), f"{command}: {left}"

    def build_files(self, version):
        """bootstrap.zip, with the program as Lambda wants it, and a package."""
        stripped = self.folder / "bootstrap"
        if subprocess.run(
            ["strip", "-o", stripped, self.program], stderr=subprocess.DEVNULL
        ).returncode:
            stripped.write_bytes(pathlib.Path(self.program).read_bytes())
        with zipfile.ZipFile(
            self.folder / "work/bootstrap.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as file:
            info = zipfile.ZipInfo("bootstrap")
            info.external_attr, info.compress_type = 0o100755 << 16, zipfile.ZIP_DEFLATED
            file.writestr(info, stripped.read_bytes())
            file.writestr("version", version)
        (self.folder / "work/clip-bot_0.1.0-1_amd64.deb").write_text(f"package {version}")
        self.package = self.sh("sha256sum clip-bot_*.deb | cut -c1-64").strip() + ".deb"

    def run(self, commands, said=""):
        # The Space of this check is like the reference's. MiniStack has none of the parameters that
        # Canonical publishes.
        commands = commands.replace('"Space=$SPACE"', f'"Space={self.space}" {self.reference}')
        commands = commands.replace("/aws/service/" + IMAGE, "/" + IMAGE)
        bucket = f"BUCKET=clip-bot-000000000000-{REGION}\n"
        return self.sh(self.first + bucket + commands, said)

    def sh(self, commands, said=""):
        script = ["bash", "-euo", "pipefail", "-c", commands]
        options = {
            "env": self.environment,
            "cwd": self.folder / "work",
            "capture_output": True,
            "text": True,
        }
        done = subprocess.run(script, input=said, timeout=120, **options)
        assert done.returncode == 0, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def aws(self, *words, keys=None):
        environment = self.environment | (variables_of(keys) if keys else {})
        command = ["aws", *map(str, words)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def output(self, stack, name):
        query = f"Stacks[0].Outputs[?OutputKey=='{name}'].OutputValue"
        words = ["cloudformation", "describe-stacks", "--stack-name", stack, "--query", query]
        return self.aws(*words, "--output", "text").strip()

    def role_keys(self):
        """What the instance would get; MiniStack lets the account's root assume the role in its place."""
        role = self.output("clip-bot", "RoleArn")
        words = [
            "sts",
            "assume-role",
            "--role-arn",
            role,
            "--role-session-name",
            "instance",
            "--output",
            "json",
        ]
        return json.loads(self.aws(*words))["Credentials"]

    def refusals(self):
        target = f"{self.url}/search?query=blue"
        with checking("unsigned: 403"):
            assert ask(target)[0] == 403
        with checking("the bot, wrong secret: 403"):
            self.is_refused(self.query(self.keys | {"SecretAccessKey": "wrong"}))
        with checking("the bot, no session token: 403"):
            self.is_refused(self.query(self.keys | {"SessionToken": ""}))
        with checking("a user without policy: 403"):
            self.aws("iam", "create-user", "--user-name", "somebody")
            made = self.aws(
                "iam", "create-access-key", "--user-name", "somebody", "--output", "json"
            )
            self.is_refused(self.query(json.loads(made)["AccessKey"] | {"SessionToken": ""}))
        with checking("other routes: 404"):
            assert ask(f"{self.url}/health")[0] == 404

    def is_refused(self, done):
        assert done.returncode == 1 and "forbidden" in done.stderr and not done.stdout, done

    def query(self, keys=None, words="blue sky", command="query"):
        """The bot's own client, with `keys`, or with those of the metadata service."""
        environment = {
            "CLIP_BOT_TOKEN": TOKEN,
            "CLIP_BOT_SEARCH_URL": self.url,
            "CLIP_BOT_SEARCH_AUTH": "aws-iam",
        }
        environment |= {"AWS_REGION": REGION, "CLIP_BOT_API_URL": "http://127.0.0.1:9"}
        environment |= (
            variables_of(keys) if keys else {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.metadata}
        )
        command = [self.bot, command, *words.split()]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    def searches(self):
        for words in QUERIES:
            with checking(f"the bot, the role's keys, {words}"):
                done = self.query(words=words)
                assert done.returncode == 0, done.stderr
                self.shown(done.stdout.split(), RANKED)
        with checking("clip-bot check: endpoint"):
            done = self.query(command="check", words="")
            assert "\nok   endpoint" in done.stdout, done.stdout
        with checking("a picture, the role's keys"):
            status, _, body = self.signed_post(
                (self.pictures / "gold café.png").read_bytes(), "image/png"
            )
            assert status == 200, (status, body)
            self.shown(json.loads(body), ["gold", "red"])
        with checking("no picture: 415"):
            status, _, body = self.signed_post(b"not a picture", "text/plain")
            assert status == 415 and "error" in json.loads(body), (status, body)

    def signed_post(self, body, media_type):
        request = AWSRequest("POST", f"{self.url}/search?limit=2", data=body)
        keys = Credentials(
            self.keys["AccessKeyId"], self.keys["SecretAccessKey"], self.keys["SessionToken"]
        )
        SigV4Auth(keys, "execute-api", REGION).add_auth(request)
        return ask(request.url, body, dict(request.headers) | {"content-type": media_type})

    def shown(self, urls, colours):
        assert len(urls) == len(colours), urls
        for url, colour in zip(urls, colours):
            status, _, body = ask(url)
            expected = (self.pictures / f"{colour} café.png").read_bytes()
            assert status == 200 and body == expected, f"{url} is not {colour} ({status})"

    def limits(self):
        """What the role may read, and some of what it must not."""
        self.aws(
            "ssm", "put-parameter", "--name", "/other", "--type", "SecureString", "--value", "no"
        )
        self.aws("s3api", "put-object", "--bucket", self.bucket, "--key", "other.deb")
        with checking("role: its token"):
            words = ["ssm", "get-parameter", "--name", TOKEN_PARAMETER, "--with-decryption"]
            found = self.aws(
                *words, "--query", "Parameter.Value", "--output", "text", keys=self.keys
            )
            assert found.strip() == TOKEN, found
        with checking("role: its package"):
            assert (
                self.aws("s3", "cp", f"s3://{self.bucket}/{self.package}", "-", keys=self.keys)
                == "package 1"
            )
        for refused in (
            "ssm get-parameter --name /other --with-decryption",
            "ssm get-parameters-by-path --path /",
            f"ssm put-parameter --name {TOKEN_PARAMETER} --overwrite --value x",
            f"s3api get-object --bucket {self.bucket} --key other.deb {self.folder}/other",
            f"s3api list-objects-v2 --bucket {self.bucket}",
            f"s3api put-object --bucket {self.bucket} --key {self.package}",
            "lambda list-functions",
            "iam list-roles",
            "ec2 describe-instances",
            "cloudformation describe-stacks",
        ):
            with checking(f"role: not {' '.join(refused.split()[:4])}"):
                try:
                    said = self.aws(*refused.split(), keys=self.keys)
                except AssertionError as error:
                    assert re.search("AccessDenied|not authorized|Forbidden|403", str(error)), error
                else:
                    raise AssertionError(f"it may: {said}")
        self.aws("ssm", "delete-parameter", "--name", "/other")

    def instance(self):
        """The instance's own script, with programs in place of those that would change this machine."""
        files = aws_templates.files_of(user_data(self.api, self.bucket))
        script = self.folder / "clip-bot-aws"
        text = files["/usr/local/sbin/clip-bot-aws"]
        # AWS is elsewhere here.
        places = {"http://169.254.169.254": self.metadata}
        places |= {f"https://{name}.{REGION}.amazonaws.com/": self.cloud + "/" for name in ("ssm", "s3")}
        for place, here in places.items():
            assert text.count(place) == 1, place
            text = text.replace(place, here)
        script.write_text(text)
        programs = self.folder / "programs"
        programs.mkdir()
        calls = self.folder / "calls"
        for name in ("apt-get", "systemctl"):
            # The last word is the package's file, which is gone afterwards.
            (programs / name).write_text(
                f'#!/bin/sh\nfor last; do :; done\necho "{name} $*" >>{calls}\n'
                f'[ ! -f "$last" ] || cp "$last" {self.folder}/installed.deb\n'
            )
            (programs / name).chmod(0o755)
        environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
        environment |= {"RUNTIME_DIRECTORY": str(self.folder), "STATE_DIRECTORY": str(self.folder)}
        self.on_instance = lambda what: subprocess.run(
            ["sh", script, what],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        with checking("instance: fetches the token"):
            self.on_instance("token")
            assert (self.folder / "telegram-token").read_text() == TOKEN + "\n"
        with checking("instance: installs the package once"):
            self.on_instance("package")
            self.on_instance("package")
            assert (self.folder / "installed.deb").read_text() == "package 1"
            apt, systemctl = calls.read_text().splitlines()
            assert (
                apt.startswith("apt-get -q -y") and systemctl == "systemctl enable --now clip-bot"
            )

        with checking("instance: a package that is not what its name says is not installed"):
            place, wanted = f"s3://{self.bucket}/{self.package}", self.folder / "installed"
            wanted.unlink()
            (self.folder / "other.deb").write_text("package of somebody else")
            self.aws("s3", "cp", str(self.folder / "other.deb"), place)
            try:
                self.on_instance("package")
            except subprocess.CalledProcessError as error:
                assert "clip-bot.deb" in error.stdout + error.stderr, error.stderr
            else:
                raise AssertionError("it is installed")
            assert (self.folder / "installed.deb").read_text() == "package 1"
            assert not wanted.exists()

    def updates(self):
        before, old = self.code(), self.package
        self.build_files("2")
        with checking("update: the page's commands bring a new function"):
            self.run(self.update)
            assert self.code() != before
            assert self.query().returncode == 0
        with checking("update: the role reads the new package, not the old one"):
            self.on_instance("package")
            assert (self.folder / "installed.deb").read_text() == "package 2"
            try:
                self.aws("s3", "cp", f"s3://{self.bucket}/{old}", "-", keys=self.keys)
            except AssertionError:
                pass
            else:
                raise AssertionError("it reads the old one")
        with checking("update: once more changes nothing"):
            code = self.code()
            assert self.run(self.update).count("No changes") == 2
            assert self.code() == code

        with checking("a private Space: its token comes from standard input"):
            self.run(self.private, "hf_of-the-peer\n")
            assert self.setting("CLIP_SEARCH_HF_TOKEN") == "hf_of-the-peer"

    def setting(self, name):
        words = ["lambda", "get-function-configuration", "--function-name"]
        words += [self.output("clip-search", "FunctionName"), "--output", "text"]
        return self.aws(*words, "--query", f"Environment.Variables.{name}").strip()

    def code(self):
        name = self.output("clip-search", "FunctionName")
        words = [
            "lambda",
            "get-function-configuration",
            "--function-name",
            name,
            "--query",
            "CodeSha256",
        ]
        return self.aws(*words, "--output", "text")


def variables_of(keys):
    names = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey"}
    names["AWS_SESSION_TOKEN"] = "SessionToken"
    return {name: keys[key] for name, key in names.items() if keys[key]}


@contextlib.contextmanager
def metadata(keys, package):
    """The instance's metadata service, version 2; gives its address."""
    about = {
        "iam/security-credentials/": lambda: "bot-role",
        "iam/security-credentials/bot-role": lambda: json.dumps(
            {
                "Code": "Success",
                "AccessKeyId": keys["AccessKeyId"],
                "SecretAccessKey": keys["SecretAccessKey"],
                "Token": keys["SessionToken"],
                "Expiration": "2100-01-01T00:00:00Z",
            },
            indent=2,
        ),
        "tags/instance/clip-bot-package": package,
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            wanted = "x-aws-ec2-metadata-token-ttl-seconds" in self.headers
            self.answer(200 if wanted and self.path == "/latest/api/token" else 400, "session==")

        def do_GET(self):
            found = about.get(self.path.removeprefix("/latest/meta-data/"))
            if self.headers.get("x-aws-ec2-metadata-token") != "session==":
                self.answer(401, "Unauthorized")
            elif found:
                self.answer(200, found())
            else:
                self.answer(404, "Not Found")

        def answer(self, status, text):
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "http://%s:%d" % server.server_address
    server.shutdown()


def checking(name):
    return checks.checking(f"aws {name}")


if __name__ == "__main__":
    main()
