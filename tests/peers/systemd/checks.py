"""checks.py SCENE SUITE: the checks of one booted machine, run inside it."""

import sys

import machine
from box_stack import box
from claim import another, claim
from ec2 import ec2
from endpoint import index, search
from fakes import Telegram
from life import life, memory, refused, trouble
from machine import settings
from sandbox import sandbox
from units import TOKEN
from upkeep import upkeep
from watchdog import bare_poller, bare_worker, poller, stopped, worker

SCENES = [another, box, bare_poller, bare_worker, claim, ec2, index, life, poller]
SCENES += [memory, refused, sandbox, search, stopped, trouble, upkeep, worker]


def main():
    name, suite = sys.argv[1:]
    [scene] = [scene for scene in SCENES if scene.__name__ == name]
    machine.install()
    machine.secret("telegram-token", TOKEN)
    settings("clip-search")
    machine.play(f"systemd {suite} {name}", scene, Telegram(TOKEN).start())


if __name__ == "__main__":
    main()
