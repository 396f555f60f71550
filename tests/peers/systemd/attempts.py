"""Runs inside a service's sandbox and tries what the sandbox forbids.

Prints one JSON object: each attempt's name, and whether it worked. `LOOSER` has for each attempt
the lines that let it work: the sandbox holds for the reason that the unit gives.
"""

import ctypes
import errno
import json
import os
import resource
import socket
import subprocess
import sys

# Being root, with every system call and capability that the box itself has.
ROOT = "DynamicUser=no\nPrivateUsers=no\nCapabilityBoundingSet=~\nSystemCallFilter="
LOOSER = {
    "bind a port": "SocketBindDeny=",
    "change the host's name": f"{ROOT}\nProtectHostname=no",
    "dump a core": "LimitCORE=infinity",
    "execute another program": "NoExecPaths=",
    "execute from /tmp": "NoExecPaths=",
    "execute from /var/tmp": "NoExecPaths=",
    "execute from its runtime folder": "NoExecPaths=",
    "execute from its state": "NoExecPaths=",
    "make a namespace": "RestrictNamespaces=no",
    "make a set-user-id file": "RestrictSUIDSGID=no\nDynamicUser=no",
    "map writable code": "MemoryDenyWriteExecute=no",
    "mount": ROOT,
    "open a device": "PrivateDevices=no",
    "own a capability": "CapabilityBoundingSet=~",
    "read the settings": "InaccessiblePaths=",
    "read /home": "ProtectHome=no",
    "read /proc/meminfo": "ProcSubset=all",
    "read /srv": "InaccessiblePaths=",
    "run in real time": f"{ROOT}\nRestrictRealtime=no",
    "see others' files in /tmp": "PrivateTmp=no\nDynamicUser=no",
    "talk to the kernel's network": "RestrictAddressFamilies=",
    "trace a process": "SystemCallFilter=@debug",
    "write a control group": "ProtectControlGroups=no\nDynamicUser=no\nPrivateUsers=no",
    "write /etc": "ProtectSystem=no\nDynamicUser=no",
    "write /usr": "ProtectSystem=no\nDynamicUser=no",
    "write /var/lib": "ProtectSystem=no\nDynamicUser=no",
}
# Refused to the service's user only; tried again as root, the others must still be refused.
BY_USER = {
    "read /etc/shadow": "DynamicUser=no",
    "see others' processes": "ProtectProc=default",
}
# What only one of the two units has.
FOLDERS = {"execute from its runtime folder", "execute from its state"}

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    function = getattr(libc, name)
    function.restype = ctypes.c_long
    if function(*arguments) == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def write(folder):
    with open(f"{folder}/clip-attempt", "w") as file:
        file.write("x")


def bind():
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 9999))


def dump_core():
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        raise PermissionError(errno.EPERM, "no core")


def execute_written(folder):
    path = f"{folder}/clip-attempt"
    with open("/usr/bin/true", "rb") as source, open(path, "wb") as target:
        target.write(source.read())
    os.chmod(path, 0o700)
    subprocess.run([path], check=True)


def set_user_id():
    path = "/tmp/clip-attempt"
    open(path, "w").close()
    os.chmod(path, 0o4755)


def map_code():
    read, write, execute = 1, 2, 4
    private, anonymous = 2, 0x20
    size, none = ctypes.c_size_t(4096), ctypes.c_void_p(None)
    call("mmap", none, size, read | write | execute, private | anonymous, -1, ctypes.c_long(0))


def own_capability():
    status = open("/proc/self/status").read()
    if "CapBnd:\t0000000000000000" in status:
        raise PermissionError(errno.EPERM, "none")


def run_in_real_time():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def control_group():
    os.mkdir("/sys/fs/cgroup/clip-attempt")
    os.rmdir("/sys/fs/cgroup/clip-attempt")


def netlink():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


def connect(address):
    socket.create_connection((address, 8083), timeout=2).close()


ATTEMPTS = {
    "bind a port": bind,
    "change the host's name": lambda: call("sethostname", b"other", ctypes.c_size_t(5)),
    "dump a core": dump_core,
    "execute another program": lambda: subprocess.run(["/usr/bin/true"], check=True),
    "execute from /tmp": lambda: execute_written("/tmp"),
    "execute from /var/tmp": lambda: execute_written("/var/tmp"),
    "execute from its state": lambda: execute_written(os.environ["STATE_DIRECTORY"]),
    "execute from its runtime folder": lambda: execute_written(os.environ["RUNTIME_DIRECTORY"]),
    "make a namespace": lambda: call("unshare", 0x10000000),
    "make a set-user-id file": set_user_id,
    "map writable code": map_code,
    "mount": lambda: call("mount", b"none", b"/tmp", b"tmpfs", ctypes.c_ulong(0), None),
    "open a device": lambda: os.stat("/dev/marker"),
    "own a capability": own_capability,
    "read the settings": lambda: open("/etc/clip-bot/clip-bot.env").close(),
    "read /etc/shadow": lambda: open("/etc/shadow").close(),
    "read /home": lambda: open("/home/marker").close(),
    "read /proc/meminfo": lambda: open("/proc/meminfo").close(),
    "read /srv": lambda: open("/srv/marker").close(),
    "run in real time": run_in_real_time,
    "see others' files in /tmp": lambda: os.stat("/tmp/marker"),
    "see others' processes": lambda: os.stat("/proc/1/status"),
    "talk to the kernel's network": netlink,
    "trace a process": lambda: call("ptrace", ctypes.c_long(0), 0, None, None),
    "write a control group": control_group,
    "write /etc": lambda: write("/etc"),
    "write /usr": lambda: write("/usr"),
    "write /var/lib": lambda: write("/var/lib"),
    # For the drop-in against private networks only.
    "connect to this machine": lambda: connect("127.0.0.1"),
    "connect to a private network": lambda: connect("10.9.8.7"),
}


def outcome(attempt):
    try:
        attempt()
    except (OSError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return "worked"


if __name__ == "__main__":
    names = sys.argv[1:] or ATTEMPTS
    print(json.dumps({name: outcome(ATTEMPTS[name]) for name in names}))
