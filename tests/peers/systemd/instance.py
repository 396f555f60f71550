"""The EC2 instance of aws/bot.yaml: its files as cloud-init writes them, and what AWS is to it."""

import fcntl
import hashlib
import json
import pathlib
import re
import socket
import struct

from fakes import Endpoint, Fake
from machine import systemctl

HOST = "169.254.169.254"
SECRET_KEY = "secret-key-of-the-role"
KEYS = {"AccessKeyId": "AKIDPEER", "SecretAccessKey": SECRET_KEY, "Token": "session-of-the-role"}
# What the stand-ins for curl and apt-get read and write.
CLOUD = pathlib.Path("/run/cloud")
# AWS itself is out of reach of the machine, and not every one has curl; tests/peers/aws/run runs the
# same script with the real one.
CURL = f"""#!/bin/sh
cd {CLOUD}
echo "curl $*" >>calls
for url; do
  [ "$last" != -o ] || file=$url
  last=$url
done
case $url in
*/latest/api/token) echo session ;;
*/iam/security-credentials/) echo bot-role ;;
*/iam/security-credentials/bot-role) cat keys ;;
*/tags/instance/clip-bot-package) cat package ;;
https://ssm.eu-central-1.amazonaws.com/) grep -q {SECRET_KEY} && cat parameter ;;
https://s3.eu-central-1.amazonaws.com/bucket/*) grep -q {SECRET_KEY} && cat "${{url##*/}}" >"$file" ;;
*) exit 6 ;;
esac
"""
# Does what the package's own scripts do.
APT_GET = f"""#!/bin/sh
set -e
for file; do :; done
echo "apt-get $(cat "$file")" >>{CLOUD}/calls
cp /units/clip-bot.service /units/clip-search* /usr/lib/systemd/system
systemctl daemon-reload
systemctl try-restart clip-bot
"""


def cloud_init(template, search_url="", **more):
    """Writes the files of the template's user data; the API is at `search_url`."""
    names = {"ApiId": "api", "Bucket": "bucket", "TokenParameter": "/clip-bot/telegram-token"} | more
    names |= {"AWS::Region": "eu-central-1", "AWS::URLSuffix": "amazonaws.com"}
    text = pathlib.Path(f"/aws/{template}.yaml").read_text().split("#cloud-config")[1]
    text = re.sub(r"\$\{([^}]*)\}", lambda found: names[found[1]], text.split("          runcmd:")[0])
    pattern = r"- path: (\S+)\n(?: +permissions: \"(\d+)\"\n)? +content: \|\n((?: {16}.*\n|\n)+)"
    files = re.findall(pattern, text)
    assert len(files) == text.count("- path:"), files
    for name, mode, content in files:
        path = pathlib.Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = re.sub("^ {16}", "", content, flags=re.M)
        path.write_text(content.replace("https://api.execute-api.eu-central-1.amazonaws.com", search_url))
        path.chmod(int(mode or "644", 8))
    if search_url:
        with open("/etc/clip-bot/aws.env", "a") as file:
            # Part of the address that was replaced.
            file.write("AWS_REGION=eu-central-1\n")
    systemctl("daemon-reload")


def stand_ins():
    CLOUD.mkdir()
    for name, script in {"curl": CURL, "apt-get": APT_GET}.items():
        path = pathlib.Path("/usr/local/sbin") / name
        path.write_text(script)
        path.chmod(0o755)
    (CLOUD / "keys").write_text(json.dumps(KEYS, indent=2))
    wants("first.deb")


def wants(package, content=None):
    """The instance's tag names that package, whose content is the same word or another one."""
    key = hashlib.sha256(package.encode()).hexdigest() + ".deb"
    (CLOUD / key).write_text(content or package)
    (CLOUD / "package").write_text(key)


def keeps(token):
    """The parameter store has that token, or (None) fails."""
    path = CLOUD / "parameter"
    if token is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(json.dumps({"Parameter": {"Type": "SecureString", "Value": token}}))


def calls(program=""):
    return [line for line in (CLOUD / "calls").read_text().splitlines() if line.startswith(program)]


class Metadata(Fake):
    """Hands out the role's keys at the address that every instance knows."""

    def __init__(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            request = struct.pack("16sH2s4s8x", b"lo:2", socket.AF_INET, b"", socket.inet_aton(HOST))
            fcntl.ioctl(control, 0x8916, request)
        super().__init__(80, HOST)

    def answer(self, path, headers, body):
        if path == "/latest/api/token":
            return 200, b"session", {"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": "21600"}
        if headers["x-aws-ec2-metadata-token"] != "session":
            return 401, b"Unauthorized", {}
        if path.endswith("/bot-role"):
            return 200, KEYS | {"Code": "Success", "Expiration": "2100-01-01T00:00:00Z"}, {}
        return 200, b"bot-role", {}


class Api(Endpoint):
    """An endpoint for who has the role's keys."""

    def answer(self, path, headers, body):
        signature = headers["authorization"] or ""
        if not signature.startswith(f"AWS4-HMAC-SHA256 Credential={KEYS['AccessKeyId']}/"):
            return 403, {"message": "Forbidden"}, {}
        return super().answer(path, headers, body)
