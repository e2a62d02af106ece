# SPDX-License-Identifier: MIT
"""Workers run in a sandbox: what they may do goes on as if there were none, what they may not ends them, by name."""

import json
import os
import platform
from concurrent.futures import ThreadPoolExecutor

from harness import machine, other_numbers
from harness.clients import load
from harness.clients.fastcgi import ask
from harness.clients.kept import Kept
from harness.clients.load import Load, lost
from harness.daemon.recycler import Recycler, Refused
from harness.processes import wait_until
from harness.servers.lighttpd import Lighttpd
from harness.stories import Collection
from stories.dying.deaths import check_one_record_each
from stories.dying.outages import counted, next_controller

STORIES = Collection()
story = STORIES.story

PHP = {"key": ".php", "path": "/app.php"}


def tell_nothing_forbidden(stage, command, needs: str, environment: dict | None = None, key: str = "/", path: str = "/"):
    """10,000 requests, each answer checked, some of which start other programs: nobody notices that there is a filter."""
    machine.need_program(needs)
    words = [str(machine.TEST_PROGRAMS / word) if word.startswith("app") else word for word in command]
    changes = {"app": {"command": words, "environment": environment or {}}}
    recycler = Recycler(stage, 4, changes).start(seconds=60)
    pids = recycler.worker_pids()
    filtered = [pid for pid in pids if "Seccomp:\t2" in open(f"/proc/{pid}/status", encoding="ascii").read()]
    web = Lighttpd(stage, recycler.addresses, key=key)
    summary = Load(stage, web.url + path, requests=9900, connections=8).result()
    others = Load(stage, web.url + path, requests=100, connections=4, query="spawn=1").result()
    figures = f"{load.in_words(summary)}; and with other programs {load.in_words(others)}"
    assert lost(summary) == lost(others) == 0, figures
    assert counted(recycler, 10000) == 10000, figures
    assert len(filtered) == len(pids) == 4, f"{filtered} of {pids} have a filter"
    assert recycler.ends() == [], str(recycler.ends())
    return figures


for language, of_it in {
    "libfcgi": {"command": ["app"], "needs": "lighttpd"},
    "libfcgi with threads": {"command": ["app", "--threads", "4"], "needs": "lighttpd"},
    "Perl": {"command": ["/usr/bin/perl", "app.pl"], "needs": "perl"},
    "php-cgi": {"command": ["/usr/bin/php-cgi"], "needs": "php-cgi", **PHP,
                "environment": {"PHP_FCGI_MAX_REQUESTS": "0"}},
    "php-cgi with children": {"command": ["/usr/bin/php-cgi"], "needs": "php-cgi", **PHP,
                              "environment": {"PHP_FCGI_CHILDREN": "2", "PHP_FCGI_MAX_REQUESTS": "0"}},
    "Ruby": {"command": ["/usr/bin/ruby", "app.rb"], "needs": "ruby"},
    "Node.js": {"command": ["/usr/bin/node", "app.js"], "needs": "node", "environment": {"NODE_PATH": "/usr/share/nodejs"}},
    "Python in uWSGI": {"command": ["/usr/bin/uwsgi", "--plugin", "python3", "--protocol", "fastcgi", "--socket", "fd://0",
                                    "--die-on-term", "--disable-logging", "--wsgi-file", "app.py"], "needs": "uwsgi"},
}.items():
    STORIES.add(f"ten thousand requests to {language} workers meet nothing that the default profile forbids",
                tell_nothing_forbidden, **of_it)

NEW = {"mounts": 0x20000, "a cgroup": 0x2000000, "a host name": 0x4000000, "IPC": 0x8000000, "users": 0x10000000,
       "processes": 0x20000000, "a network": 0x40000000}

# What an attacker would try, or a library that a worker has no business with. Arguments follow after colons.
ATTACKS = {
    "mounts and roots": "mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr",
    "kernel modules": "init_module finit_module delete_module",
    "other processes": "ptrace process_vm_readv process_vm_writev pidfd_getfd",
    "key rings": "add_key keyctl request_key",
    "the kernel's own machines": "bpf perf_event_open userfaultfd lookup_dcookie",
    "namespaces": " ".join(["setns", "unshare:128", *(f"unshare:{flag}" for flag in NEW.values()),
                            *(f"clone:{flag + 17}" for flag in NEW.values())]),
    "the machine": "reboot kexec_load kexec_file_load swapon swapoff acct quotactl quotactl_fd",
    "the clock": "settimeofday clock_settime clock_adjtime adjtimex",
    "the hardware": "iopl:3 ioperm",
    "names, log, terminals": "sethostname setdomainname syslog vhangup",
    "files past their folders": "open_by_handle_at",
    "no random addresses": "personality:262144",
    "other numbers for the same calls": "i386/getpid x32/getpid",
}


def named(attack: str) -> str:
    """What the record has to say: "unshare (x86_64)"."""
    call = attack.partition(":")[0]
    architecture, _, name = call.rpartition("/")
    return f"{name} ({architecture or platform.machine()})"


def attacks_here() -> tuple[list[str], list[str]]:
    """Those that this machine knows, and why others are left out."""
    attacks = [attack for group in ATTACKS.values() for attack in group.split()]
    if platform.machine() != "x86_64":
        own = [attack for attack in attacks if "/" not in attack and not attack.startswith("io")]
        return own, ["what only x86_64 has"]
    if not other_numbers.has_32_bit_calls():
        here = [attack for attack in attacks if not attack.startswith("i386/")]
        return here, [f"{attack}, this kernel has no such calls" for attack in attacks if attack not in here]
    return attacks, []


def attack_one(recycler: Recycler, number: int, attack: str, before: int) -> dict:
    assert ask(recycler.addresses[number], f"nonce=1&call={attack}") is None, f"{attack} was answered"
    record = recycler.wait_end(recycler.slots[number], 20, after=before)
    recycler.wait_serving(recycler.slots[number], before + 2, 20)
    return record


@story
def each_system_call_that_no_worker_needs_ends_it_and_stands_by_name_in_its_record(stage):
    machine.need_root()
    attacks, left_out = attacks_here()
    changes = {"restart": {"burst": 1000, "within": "1s"}, "limits": {"core": "0"}}
    with machine.tracefs():
        recycler = Recycler(stage, 6, changes).start()
        for at in range(0, len(attacks), recycler.count):
            together = attacks[at:at + recycler.count]
            with ThreadPoolExecutor(len(together)) as pool:
                records = list(pool.map(lambda one: attack_one(recycler, *one, at // recycler.count), enumerate(together)))
            for attack, record in zip(together, records):
                facts = {item["name"]: item["value"] for item in record["evidence"]}
                assert record["verdict"] == "forbidden-syscall", f"{attack}: {record}"
                assert facts.get("forbidden system call") == named(attack), f"{attack}: {facts}"
        witnesses = [item["value"] for end in recycler.ends() for item in end["evidence"]
                     if item["name"] == "witness of the call"]
        check_one_record_each(recycler, len(attacks))
    told = {witness: witnesses.count(witness) for witness in sorted(set(witnesses))}
    return f"{len(attacks)} calls, each named; by {told}" + "".join(f"; left out: {reason}" for reason in left_out)


@story
def a_call_by_32_bit_numbers_is_a_forbidden_one_where_the_kernel_has_such_and_else_a_crash(stage):
    machine.need_root()
    expected = other_numbers.verdict_of_a_32_bit_call()
    recycler = Recycler(stage, 1, {"limits": {"core": "0"}}).start()
    record = attack_one(recycler, 0, "i386/getpid", 0)
    assert record["verdict"] == expected, f"{expected} expected: {record}"
    return record["sentence"]


@story
def what_a_kernel_does_with_32_bit_numbers_is_told_by_a_program_that_is_nobodys_worker(stage):
    ends = {"exit 0": True, "kill -SEGV $$": False}
    for end, expected in ends.items():
        assert other_numbers.has_32_bit_calls(["/bin/sh", "-c", end]) is expected, end
    for end in ["exit 38", "kill -KILL $$"]:
        try:
            other_numbers.has_32_bit_calls(["/bin/sh", "-c", end])
        except AssertionError:
            continue
        raise AssertionError(f"{end} was taken for an answer")


def denying(stage, rules: list, **top) -> str:
    """A profile that allows all but the rules, in Docker's form."""
    path = stage.path("profile.json")
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", **top, "syscalls": rules}, indent=2))
    return str(path)


ERRORS = [
    {"names": ["getcpu"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95, "comment": "", "includes": {}, "excludes": {}},
    {"names": ["dup2"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7,
     "args": [{"index": 1, "value": 77, "op": "SCMP_CMP_EQ"}]},
    {"names": ["lseek"], "action": "SCMP_ACT_ERRNO", "errno": "EXDEV",
     "args": [{"index": 2, "value": 0xff00, "valueTwo": 0x1200, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["getpid"], "action": "SCMP_ACT_ERRNO", "includes": {"minKernel": "99.0"}},
]


@story
def the_rules_of_a_profile_in_dockers_form_are_enforced_to_the_errno_and_the_argument(stage):
    profile = denying(stage, ERRORS, archMap=[{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}])
    recycler = Recycler(stage, 1, {"sandbox": {"seccomp": profile}}).start()
    expected = {"getcpu": 95, "dup2:0:77": 7, "dup2:0:76": 0, "lseek:0:0:4660": 18, "sethostname": 1, "getppid": 0, "getpid": 0}
    for call, error in expected.items():
        words = ask(recycler.addresses[0], f"nonce=1&call={call}")
        assert int(words["errno"]) == error, f"{call} answered {words['errno']}, not {error}"
    assert recycler.ends() == [], str(recycler.ends())
    return ", ".join(f"{call}: {error}" for call, error in expected.items())


@story
def a_profile_that_forbids_what_every_worker_needs_is_a_start_that_failed(stage):
    kills = {"action": "SCMP_ACT_KILL_PROCESS"}
    told, seen = [], set()
    for number, (rule, verdict) in enumerate([
            ({"names": ["execve"], "action": "SCMP_ACT_ERRNO"}, "start-failed"),
            ({"names": ["execve"], **kills}, "forbidden-syscall"),
            ({"names": ["accept", "accept4"], **kills}, "forbidden-syscall")]):
        recycler = Recycler(stage, 1, {"sandbox": {"seccomp": denying(stage, [rule])}, "limits": {"core": "0"}}).launch()
        record = wait_until(lambda: next((end for end in recycler.ends() if end["record"] not in seen), None), 20, "a record")
        assert record["verdict"] == verdict, f"{number}: {record}"
        told.append(record["sentence"])
        recycler.stop()
        seen |= {end["record"] for end in recycler.ends()}
    return "; ".join(told)


@story
def where_a_profile_forbids_what_kept_connections_take_none_rests_and_the_worker_serves(stage):
    told = []
    for call, action in (("epoll_create1", "SCMP_ACT_KILL_PROCESS"), ("sendmsg", "SCMP_ACT_ERRNO")):
        profile = denying(stage, [{"names": [call], "action": action}])
        recycler = Recycler(stage, 1, {"sandbox": {"seccomp": profile}, "app": {"keep_connections": "auto"}}).start()
        (address,) = recycler.addresses
        # It ends with its answer, so that the next client is served.
        client = Kept(address, "nonce=1").await_answer()
        assert client.socket.recv(1) == b"", "the connection stays open"
        assert ask(address, "nonce=2") is not None
        worker = recycler.slot(recycler.slots[0])["worker"]
        assert worker["keeping"]["how"] == "off" and not worker["keeping"]["resting"], worker
        said = [sentence for sentence in recycler.status()["limitations"] if call in sentence]
        assert len(said) == 1, recycler.status()["limitations"]
        denying(stage, [])
        recycler.ctl("reload")
        wait_until(lambda: (recycler.slot(recycler.slots[0])["worker"] or {"keeping": {"how": ""}})["keeping"]["how"] == "rest", 20,
                   "the next worker lets them rest")
        assert not [sentence for sentence in recycler.status()["limitations"] if call in sentence]
        assert all(end["verdict"] == "recycled" for end in recycler.ends()), recycler.ends()
        told += said
        recycler.stop()
    return "; ".join(told)


def refused(recycler: Recycler) -> str:
    try:
        recycler.ctl("reload")
    except Refused as refusal:
        return refusal.sentence
    raise AssertionError("the reload was not refused")


@story
def a_broken_profile_is_refused_whole_with_line_and_column_and_nothing_of_the_policy_is_taken_up(stage):
    good = denying(stage, [])
    recycler = Recycler(stage, 2, {"sandbox": {"seccomp": good}}).start()
    before = recycler.worker_pids()
    faults = {
        '{ "defaultAction": "SCMP_ACT_ALOW" }': ":1:20: defaultAction: ",
        '{ "defaultAction": "SCMP_ACT_ALLOW",\n  "syscalls": [ { "names": ["mout"], "action": "SCMP_ACT_ERRNO" } ] }': "\"mount\"",
        "": ":1:1: ", "{": ":1:2: ", "[" * 100000: "nested too deep", "{}" + " " * (10 << 20): "longer than a profile",
    }
    recycler.write_policy({"app": {"environment": {"CHANGED": "1"}}})
    for text, said in faults.items():
        with open(good, "w", encoding="utf-8") as file:
            file.write(text)
        sentence = refused(recycler)
        assert said in sentence, f"{text[:60]}: {sentence[:500]}"
    os.unlink(good)
    assert "No such file" in refused(recycler)
    assert recycler.worker_pids() == before, "workers were touched"
    controller = recycler.controller()
    os.kill(controller, 9)  # the next one goes by what was accepted, though the file is gone
    next_controller(recycler, controller, 20)
    wait_until(recycler.all_serving, 20, "the next controller serves")
    assert recycler.worker_pids() == before, "workers were touched"
    denying(stage, [{"names": ["getcpu"], "action": "SCMP_ACT_ERRNO"}])
    recycler.ctl("reload")
    wait_until(lambda: not set(recycler.worker_pids()) & set(before), 30, "the changed profile recycles the workers")
    words = wait_until(lambda: ask(recycler.addresses[0], "nonce=1&call=getcpu"), 10, "an answer")
    assert words["errno"] == "1", str(words)


def rights(pid: int) -> dict:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return dict(line.strip().split(":\t") for line in status if line.startswith(("Cap", "NoNewPrivs", "Umask", "Seccomp:")))


@story
def workers_have_no_capability_but_those_that_the_policy_keeps(stage):
    machine.need_root()
    kept = {"sandbox": {"capabilities": ["CAP_NET_BIND_SERVICE", "CAP_SYSLOG"], "umask": "0027", "nice": 5}}
    none = rights(Recycler(stage, 1).start().worker_pids()[0])
    pid = Recycler(stage, 1, kept).start().worker_pids()[0]
    some, bits = rights(pid), 1 << 10 | 1 << 34
    for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]:
        assert int(none[name], 16) == 0 and int(some[name], 16) == bits, f"{none}; {some}"
    assert some["Umask"] == "0027" and none["Umask"] == "0022" and os.getpriority(os.PRIO_PROCESS, pid) == 5, str(some)
    return f"none by default; {some['CapEff']} kept"


@story
def what_a_profile_on_trial_would_forbid_goes_on_and_is_told_once_for_each_worker(stage):
    machine.need_root()
    recycler = Recycler(stage, 1, {"sandbox": {"seccomp": "log"}}).start()

    def told():
        return [event["call"] for event in recycler.events() if event["event"] == "forbidden-call"]

    def tell(call: str, expected: list[str]) -> None:
        """The kernel's log has ten lines for five seconds, and others write there, too: the call is made until it stands there."""
        def is_told():
            assert ask(recycler.addresses[0], f"nonce=1&call={call}") is not None, "it was not answered"
            return told() == expected
        wait_until(is_told, 30, f"{call} is told", every=0.2)
    expected = [f"{call} ({platform.machine()})" for call in ["acct", "swapoff"]]
    tell("acct", expected[:1])
    tell("swapoff", expected)
    tell("acct", expected)
    assert recycler.ends() == [], str(recycler.ends())
    return ", ".join(expected)
