"""The scene of aws/box.yaml: bot, endpoint, index and pictures from a bucket on one instance."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

import instance
from machine import BOT, PATIENCE, SEARCH, checking, pid_of, run, secret, systemctl, wait, wait_status
from units import OWN_SEARCH, SECRET, TOKEN, ask, configure, exposed_at_most, secret_is_hidden, verified

PACKAGE_UNIT, PICTURES_UNIT = "clip-bot-package.service", "clip-bot-pictures.service"
SYNC, INDEX = "clip-search-sync.service", "clip-search-index.service"
CLOUD_PORT = 4566
CLOUD = f"http://127.0.0.1:{CLOUD_PORT}"
# A model of full size that MODEL names, as `model fetch` leaves one, for searching by words of names alone where its
# weights mean nothing.
MODEL = pathlib.Path("/model/model.clip")
# As the package makes one.
SEARCH_TOKEN = "local-0123456789abcdef"
COPIES = pathlib.Path("/var/lib/private/clip-search/pictures/synced")


def box(telegram):
    """The first boot, and a picture's way from the bucket into the chat."""
    instance.Metadata().start()
    os.unlink("/etc/clip-bot/telegram-token")
    home = pathlib.Path("/usr/lib/systemd/system")
    for unit in home.glob("clip-*"):
        unit.unlink()
    instance.stand_ins()
    instance.keeps(TOKEN)
    secret("search-token", SEARCH_TOKEN)
    # The built-in model, where none is given: another would come from the hub, which is not here.
    instance.cloud_init("box", Model=str(MODEL) if MODEL.exists() else "", PicturesBucket="pictures")
    s3_is_here()
    configure(CLIP_BOT_SEARCH_URL=OWN_SEARCH)
    with ministack():
        put("lunch.png", drawing("pizza"))
        put("notes.txt", b"no picture")
        first_boot(telegram)
        the_bucket_changes(telegram)
        if MODEL.exists():
            within_its_memory()
        sandboxed()


def first_boot(telegram):
    with checking("first boot: a picture of the bucket is found in the chat"):
        systemctl("enable", "--now", PACKAGE_UNIT)
        systemctl("enable", "--now", PICTURES_UNIT)
        assert instance.calls("apt-get") == ["apt-get first.deb"]
        found("lunch")
        wait_status(BOT, "polling")
        telegram.write("pizza")
        telegram.wait_album(7)
    with checking("what is no picture stays in the bucket"):
        assert [path.name for path in COPIES.iterdir()] == ["lunch.png"]
    with checking("all of it comes again after a boot"):
        wanted = pathlib.Path("/etc/systemd/system")
        for target, unit in [
            ("multi-user", BOT),
            ("sockets", "clip-search.socket"),
            ("timers", "clip-search-index.timer"),
            ("timers", "clip-search-sync.timer"),
        ]:
            assert (wanted / f"{target}.target.wants" / unit).exists(), unit
    with checking("token and keys are in no journal, environment or command line"):
        secret_is_hidden(pid_of(BOT))
        said = "\n".join(instance.calls()) + run("journalctl", "--output=export", "--all")
        assert instance.SECRET_KEY not in said and SECRET not in said


def the_bucket_changes(telegram):
    with checking("another picture, and one that is gone"):
        put("bus.png", drawing("bus"))
        s3("rm", "s3://pictures/lunch.png")
        systemctl("start", SYNC)
        found("bus")
        telegram.write("bus", chat=8)
        telegram.wait_album(8)
        assert [path.name for path in COPIES.iterdir()] == ["bus.png"]
    with checking("a bucket that is gone costs no picture"):
        s3("rb", "--force", "s3://pictures")
        systemctl("start", SYNC, code=1)
        assert "bucket" in run("journalctl", "-u", SYNC, "-n", "20", "-o", "cat").lower()
        assert [path.name for path in COPIES.iterdir()] == ["bus.png"]
        found("bus")
    with checking("a folder of one's own beside them is left alone"):
        s3("mb", "s3://pictures")
        put("bus.png", drawing("bus"))
        own = COPIES.parent / "own.png"
        own.write_bytes(drawing("guitar"))
        systemctl("start", SYNC)
        assert own.exists()


def within_its_memory():
    with checking("a model of full size has room in an instance of 1 GB"):
        used = {}
        for unit in SEARCH, BOT:
            status = pathlib.Path(f"/proc/{pid_of(unit)}/status").read_text()
            used[unit] = {key: int(kib) >> 10 for key, kib in re.findall(r"^(VmHWM|RssAnon):\s+(\d+)", status, re.M)}
        print(f"MiB: {used}", flush=True)
        # What is mapped from the model and the index goes back to the system when memory is short.
        assert used[SEARCH]["VmHWM"] <= 448 and sum(one["RssAnon"] for one in used.values()) <= 256, used


def sandboxed():
    with checking("the unit that copies is good, and as confined as the others"):
        verified(SYNC)
        exposed_at_most(SYNC, 12)
    with checking("where nothing is named, it says what to name"):
        os.unlink(f"/etc/systemd/system/{SYNC}.d/aws.conf")
        systemctl("daemon-reload")
        systemctl("start", SYNC, code=1)
        assert "SYNC_FROM" in run("journalctl", "-u", SYNC, "-n", "20", "-o", "cat")


def found(caption):
    """Waits until the endpoint finds that picture, and no other."""

    def is_found():
        with contextlib.suppress(OSError):
            place = f"{OWN_SEARCH}/search?query={caption}&details=true"
            request = urllib.request.Request(place, headers={"Authorization": f"Bearer {SEARCH_TOKEN}"})
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return [hit["caption"] for hit in json.load(answer)["results"]] == [caption]

    wait(f"{caption} to be found", is_found)


def s3_is_here():
    folder = pathlib.Path(f"/etc/systemd/system/{SYNC}.d")
    (folder / "here.conf").write_text(f"[Service]\nEnvironment=RCLONE_S3_ENDPOINT={CLOUD}\n")
    # AWS's own buckets are names of hosts.
    own = folder / "aws.conf"
    assert "SYNC_FROM=:s3,provider=AWS,env_auth,region=eu-central-1:pictures\n" in own.read_text()
    own.write_text(own.read_text().replace("provider=AWS", "provider=Other"))
    systemctl("daemon-reload")


@contextlib.contextmanager
def ministack():
    environment = dict(os.environ, PYTHONPATH=site(), GATEWAY_PORT=str(CLOUD_PORT), BIND_HOST="127.0.0.1")
    environment |= {"SFTP_HOST": "127.0.0.1", "IOT_MTLS_PORT": "0", "HOME": "/tmp"}
    with open("/out/ministack", "w") as log:
        command = [sys.executable, "/cloud/bin/ministack"]
        cloud = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd="/tmp")
    try:
        wait("MiniStack", is_ready)
        s3("mb", "s3://pictures")
        yield
    finally:
        cloud.kill()
        cloud.wait()


def is_ready():
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(f"{CLOUD}/_ministack/health", timeout=PATIENCE).status == 200


def s3(*words):
    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "HOME": "/tmp"}
    environment |= {"AWS_DEFAULT_REGION": "eu-central-1", "PYTHONPATH": site(), "PATH": os.environ["PATH"]}
    command = [sys.executable, "/cloud/bin/aws", "--endpoint-url", CLOUD, "s3", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def site():
    [folder] = pathlib.Path("/cloud/lib").glob("python3*/site-packages")
    return str(folder)


def put(name, content):
    path = pathlib.Path("/tmp") / name
    path.write_bytes(content)
    s3("cp", str(path), f"s3://pictures/{name}")


def drawing(words):
    """One of the built-in drawings, from an endpoint of its own."""
    listen = "127.0.0.1:8099"
    environment = {"CLIP_SEARCH_LISTEN": listen, "HOME": "/tmp/none"}
    program = subprocess.Popen(["/usr/bin/clip-search", "serve"], env=environment, stderr=subprocess.DEVNULL)
    try:
        place = f"http://{listen}/search?query={words}&limit=1"

        def answered():
            with contextlib.suppress(OSError):
                return ask(place)

        _, [url] = wait("an endpoint", answered)
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read()
    finally:
        program.kill()
        program.wait()
