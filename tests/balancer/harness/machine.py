# SPDX-License-Identifier: MIT
"""Where the programs are, what this machine can do, and who the workers run as."""

import atexit
import contextlib
import ctypes
import os
import pwd
import resource
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

TREE = Path(__file__).resolve().parents[3]


class Skip(Exception):
    """The machine cannot show this; the reason is a sentence."""


def is_root() -> bool:
    return os.geteuid() == 0


def _everybody_may_enter(folder: Path) -> bool:
    return all(above.stat().st_mode & 0o001 for above in [folder, *folder.parents])


def _programs() -> Path:
    """The build's folder of programs; a copy of it where the workers' user could not enter a tree in somebody's home."""
    built = Path(os.environ.get("RECYCLER_BUILD", TREE / "build" / "release")).resolve() / "bin"
    if not is_root() or not built.exists() or _everybody_may_enter(built):
        return built
    copy = Path(tempfile.mkdtemp(prefix="recycler-programs."))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    copy.chmod(0o755)
    return shutil.copytree(built, copy / "bin")


PROGRAMS = _programs()
TEST_PROGRAMS = PROGRAMS / "tests"  # the workers and recycler-load


def need_root() -> None:
    if not is_root():
        raise Skip("needs root")


def need_program(path: str) -> None:
    if not any((Path(folder) / path).exists() for folder in ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]):
        raise Skip(f"{path} is not installed")


def need_descriptors(count: int) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < count:
        raise Skip(f"one process may open {most} descriptors, and {count} are needed")


def need_ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        raise Skip(f"no IPv6 loopback: {error.strerror}") from error


def need_gates() -> None:
    """Opening a closed gate of a TCP port takes CAP_NET_RAW."""
    need_root()


def memory_controller() -> str | None:
    """"v2", "v1", or None where memory cannot be limited by cgroups."""
    if Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists():
        return "v1"
    controllers = Path("/sys/fs/cgroup/cgroup.controllers")
    return "v2" if controllers.exists() and "memory" in controllers.read_text().split() else None


def need_memory_cgroup() -> None:
    need_root()
    if memory_controller() is None:
        raise Skip("no memory controller among the cgroups")


def need_pids_cgroup() -> None:
    """The number of processes can be limited where memory can."""
    need_memory_cgroup()
    if memory_controller() == "v1":
        offered = Path("/sys/fs/cgroup/pids/cgroup.procs").exists()
    else:
        own = next(line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
        offered = "pids" in Path(f"/sys/fs/cgroup{own}/cgroup.controllers").read_text().split()
    if not offered:
        raise Skip("no pids controller among the cgroups")


@contextlib.contextmanager
def tracefs():
    """Where the kernel's tracepoints are described; mounted for as long as it is needed where nobody has."""
    need_root()
    place = Path("/sys/kernel/tracing")
    if (place / "events").exists():
        yield
        return
    if not place.exists() or subprocess.run(["mount", "-t", "tracefs", "none", place], capture_output=True).returncode != 0:
        raise Skip("no tracefs can be mounted")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


TRACEFS = ("/sys/kernel/tracing", "/sys/kernel/debug")  # where programs look for it


def without(*places: str) -> list[str]:
    """Words in front of a command, which then finds nothing in these folders, whatever the machine has mounted there."""
    hiding = [f"mount -t tmpfs none {place}" for place in places if Path(place).exists()]
    return ["unshare", "--mount", "--", "sh", "-c", " && ".join([*hiding, 'exec "$@"']), "sh"]


def without_tracefs(*places: str) -> list[str]:
    """Likewise, for a command that finds no tracefs there and may not open one of its own either."""
    return [*without(*places, *TRACEFS), "setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]


PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}
PERF_TYPE_TRACEPOINT = 2
FIRST_PID_NAMESPACE = 0xEFFFFFFC  # PROC_PID_INIT_INO of linux/proc_ns.h


def need_signals_traced() -> None:
    """The kernel tells every signal, and numbers the processes as we do."""
    need_root()
    if os.stat("/proc/self/ns/pid").st_ino != FIRST_PID_NAMESPACE:
        raise Skip("in a pid namespace of its own the kernel's traces speak of other pids")
    number = PERF_EVENT_OPEN.get(os.uname().machine)
    if number is None:
        raise Skip(f"how perf_event_open is called on {os.uname().machine} is not known here")
    place = "/sys/kernel/tracing"
    reading = f"mount -t tracefs none {place} && cat {place}/events/signal/signal_generate/id"
    read = subprocess.run(["unshare", "--mount", "sh", "-c", reading], capture_output=True, text=True)
    if read.returncode != 0:
        raise Skip(f"no tracefs can be mounted: {read.stderr.strip()}")
    tracepoint = int(read.stdout)
    attributes = struct.pack("=IIQ48x", PERF_TYPE_TRACEPOINT, 64, tracepoint)
    libc = ctypes.CDLL(None, use_errno=True)
    opened = libc.syscall(number, attributes, -1, 0, -1, 0)  # every process, on the first processor
    if opened < 0:
        raise Skip(f"the kernel's tracepoints cannot be read: {os.strerror(ctypes.get_errno())}")
    os.close(opened)


def worker_user() -> str | None:
    """Whom the workers run as: www-data, or root where there is none; None: as whoever runs the test."""
    if not is_root():
        return None
    try:
        return pwd.getpwnam("www-data").pw_name
    except KeyError:
        return "root"


_ports = range(12000, 32000)
_ports_begin = 12000 + os.getpid() % 17000  # two runs beside each other seldom meet
_ports_lock = threading.Lock()


def keep_to_half_of_ports(half: int) -> None:
    """0 or 1: stories of two processes have ports, and so names of apps, of their own, though not the same network."""
    global _ports, _ports_begin
    _ports = range(12000 + half * 10000, 22000 + half * 10000)
    _ports_begin = _ports.start + os.getpid() % 8000


def free_ports(count: int, host: str = "127.0.0.1") -> int:
    """The first of `count` neighbouring ports that nobody listens on, below the range that the kernel hands out. None is given
    to two stories that are told beside each other."""
    global _ports_begin
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with _ports_lock:
        for first in [*range(_ports_begin, _ports.stop - count), *range(_ports.start, _ports_begin)]:
            if all(_is_free(family, host, first + i) for i in range(count)):
                _ports_begin = first + count if first + count < _ports.stop - 1000 else _ports.start
                return first
    raise Skip(f"no {count} free neighbouring ports on {host}")


def is_free(port: int) -> bool:
    return _is_free(socket.AF_INET, "127.0.0.1", port)


def _is_free(family: int, host: str, port: int) -> bool:
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def hold_port(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Somebody else's listener; theirs until it is closed."""
    return socket.create_server((host, port))


def listens(address: tuple[str, int]) -> bool:
    """Whether a connect to it is taken; the connection is closed at once."""
    try:
        socket.create_connection(address, timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
