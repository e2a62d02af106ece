# SPDX-License-Identifier: MIT
"""The ways to die: what is done to a worker, and what its record must say. tests/deaths/run runs them; `--list` shows them.

Way(in words, app, when, deed, verdict, proof). A proof "NAME: TEXT" is a row of the evidence whose value has TEXT in it; "no NAME"
is one that must not be there. Whatever its row says, a record must also be the only one of its worker, name the right process, name
the request in flight exactly if one was running, count the requests it answered, and not contradict itself; its client is not left
waiting, and a slot beside it answers all the time.
"""

from harness import machine
from runner.deeds import (a_thread_leaves, afterwards, ages, answered, answered_late, app_stopped, app_stopped_at_once, asked,
                          at_first_start, at_handover, at_next_start, both, both_sent, broken_off, by_its_sibling,
                          cgroup_taken_away, controller_away, drained_while, during_reload, fills_the_disk, finished_first,
                          killed_while_starting, neighbour_grows, nothing_more, outgrows_over_many, php_child_killed,
                          policy_changes, recycled, released, retired, script, sent, sent_within, several, slot_removed,
                          stopped_in_a_request, struck, with_the_controller)
from runner.standing import both_stand, queued_behind, spoken_to, stands, stopped_at_rest
from runner.way import App, Way

APP = "{programs}/app"
MORTAL = [APP, "--mortal"]
NO_CORE = {"limits": {"core": "0"}}
SMALL = {"memory": {"max": "32MiB"}, "recycle": {"memory": "off"}, **NO_CORE}
PHP = {"script": "/app.php", "root": str(machine.TEST_PROGRAMS)}

APPS = {
    "plain": App(MORTAL, SMALL, lanes=6),
    "libfcgi": App([APP], NO_CORE),  # which makes an orderly exit of SIGTERM and SIGUSR1
    "threads": App([APP, "--mortal", "--threads", "3"], NO_CORE, lanes=2),
    "cores": App(MORTAL, {}, lanes=2),
    "pairs": App(MORTAL, SMALL, lanes=2, width=2),
    "shell": App(["/bin/sh", "-c", "{programs}/app --mortal; exit $?"], SMALL),
    "family": App(MORTAL, {"memory": {"max": "80MiB", "app_max": "96MiB"}, "recycle": {"memory": "off"}, **NO_CORE}, width=2,
                  neighbour=False),
    "cramped": App(MORTAL, {"limits": {"core": "0", "nofile": 40, "pids": 8}}, lanes=2),
    "hung": App(MORTAL, {"recycle": {"hung": "{span}"}, "drain": {"stop_timeout": "{span}"}, **NO_CORE}, lanes=4),
    "deaf": App([APP, "--deaf"], {"recycle": {"hung": "{span}"}, "drain": {"stop_timeout": "{span}"}, **NO_CORE}),
    "touchy": App([APP, "--on-term", "crash=null"], {"recycle": {"hung": "{span}"}, **NO_CORE}),
    "stuck": App(MORTAL, {"recycle": {"stuck": "{span}"}, "drain": {"stop_timeout": "{span}"}, **NO_CORE}, lanes=3),
    "stuck threads": App([APP, "--mortal", "--threads", "2"], {"recycle": {"stuck": "{span}"}, **NO_CORE}),
    "stuck, deaf": App([APP, "--deaf"], {"recycle": {"stuck": "{span}"}, "drain": {"stop_timeout": "{span}"}, **NO_CORE}),
    "stuck, touchy": App([APP, "--on-term", "crash=null"], {"recycle": {"stuck": "{span}"}, **NO_CORE}),
    "rude": App([APP, "--on-term", "exit=9"], NO_CORE),
    "drains": App(MORTAL, {**SMALL, "capacity": {"handover": "close"}}, lanes=3),
    "cut": App(MORTAL, {"drain": {"timeout": "{span}", "stop_timeout": "{span}"}, "capacity": {"handover": "close"}, **NO_CORE}),
    "counted": App(MORTAL, {"recycle": {"requests": 1, "spread": "0%"}, **NO_CORE}, passing=("recycled",)),
    "growing": App(MORTAL, {"memory": {"max": "64MiB"}, "recycle": {"memory": "16MiB"}, **NO_CORE}),
    "aging": App(MORTAL, {"recycle": {"age": "{span}", "spread": "0%"}, **NO_CORE}, neighbour=False, passing=("recycled",)),
    "changed": App(MORTAL, NO_CORE, neighbour=False),
    "shrinking": App(MORTAL, NO_CORE, width=2, neighbour=False),
    "ended": App(MORTAL, NO_CORE, neighbour=False),
    "ended at once": App(MORTAL, NO_CORE, neighbour=False),
    "boots": App(["{home}/program"], {"app": {"directory": "{home}/folder"}, **SMALL}),
    "successors": App(["{home}/program"], {"capacity": {"handover": "overlap"}, **NO_CORE}),
    "late": App([APP, "--at-start", "sleep=600000"], {"start": {"timeout": "{span}"}, **NO_CORE}, neighbour=False, serves=False,
                passing=("start-failed",)),
    "crowded": App([APP, "--threads", "8"], {"limits": {"pids": 1, "core": "0"}}, neighbour=False, serves=False,
                   passing=("exited",)),
    "away": App(MORTAL, SMALL),
    "homeless": App(MORTAL, SMALL),
    "php": App(["/usr/bin/php-cgi"], {"app": {"environment": {"PHP_FCGI_MAX_REQUESTS": "3"}}, **NO_CORE}, neighbour=False,
               needs=("php-cgi",)),
    "php family": App(["/usr/bin/php-cgi"], {"app": {"environment": {"PHP_FCGI_CHILDREN": "2"}}, **NO_CORE}, neighbour=False,
                      needs=("php-cgi",)),
    "perl": App(["/usr/bin/perl", "{programs}/app.pl"], NO_CORE, needs=("perl",)),
    "perl naps": App(["/usr/bin/perl", "{programs}/app.pl"], {"recycle": {"hung": "{span}"}, **NO_CORE}, needs=("perl",)),
    "ruby": App(["/usr/bin/ruby", "{programs}/app.rb"], NO_CORE, needs=("ruby",)),
}

NAMED = "sender of the signal: {killer}"
UNNAMED = "sender of the signal: unknown: Recycler does not watch signals of this kind"
NOT_FOR_MEMORY = "oom_kill: 0"
STUCK = ["trigger: stuck", "waited in its queue: 1 connection", "our order: end it as stuck, sent SIGTERM"]
UNHARMED = "sentence: The next worker serves the queue; nothing was lost."
EMPTY = "sentence: It ended that request without a byte of an answer."
OUR_TERM = "our order: recycle, sent SIGTERM"
GUEST_HAS_NONE = {"v2": "the guests have no such interpreter"}
LIKE_V1 = {"v2": "nothing in it depends on the cgroup's version, and an emulated processor takes a second for it"}


def by(name: str, *proof: str) -> list[str]:
    return [f"wait status: SIG{name}", "our order: none", NOT_FOR_MEMORY, *proof]


MATRIX = [
    # Signals from another process.
    Way("SIGKILL from outside", "plain", "idle", sent("KILL"), "killed", by("KILL", NAMED, "at its end: idle")),
    Way("SIGTERM from outside", "plain", "idle", sent("TERM"), "killed", by("TERM", NAMED)),
    Way("SIGINT from outside", "plain", "idle", sent("INT"), "killed", by("INT", NAMED), LIKE_V1),
    Way("SIGHUP from outside", "plain", "idle", sent("HUP"), "killed", by("HUP", NAMED), LIKE_V1),
    Way("SIGQUIT from outside", "plain", "idle", sent("QUIT"), "killed", by("QUIT", NAMED), LIKE_V1),
    Way("SIGUSR1 from outside", "plain", "idle", sent("USR1"), "killed", by("USR1", NAMED), LIKE_V1),
    Way("SIGUSR2 from outside", "plain", "idle", sent("USR2"), "killed", by("USR2", NAMED), LIKE_V1),
    Way("SIGPIPE from outside", "plain", "idle", sent("PIPE"), "killed", by("PIPE", NAMED)),
    Way("SIGXCPU from outside", "plain", "idle", sent("XCPU"), "killed", by("XCPU", NAMED), LIKE_V1),
    Way("SIGXFSZ from outside", "plain", "idle", sent("XFSZ"), "killed", by("XFSZ", NAMED), LIKE_V1),
    Way("SIGSTKFLT from outside", "plain", "idle", sent("STKFLT"), "killed", by("STKFLT", NAMED), LIKE_V1),
    Way("SIGPWR from outside", "plain", "idle", sent("PWR"), "killed", by("PWR", NAMED), LIKE_V1),
    Way("SIGALRM from outside", "plain", "idle", sent("ALRM"), "killed", by("ALRM", NAMED)),
    Way("SIGPROF from outside", "plain", "idle", sent("PROF"), "killed", by("PROF", NAMED), LIKE_V1),
    Way("SIGVTALRM from outside", "plain", "idle", sent("VTALRM"), "killed", by("VTALRM", UNNAMED)),
    Way("SIGPOLL from outside", "plain", "idle", sent("POLL"), "killed", by("POLL", NAMED), LIKE_V1),
    Way("real-time signal 37 from outside", "plain", "idle", sent(37), "killed", ["wait status: signal 37", UNNAMED]),
    Way("SIGSYS from outside", "plain", "idle", sent("SYS"), "killed", by("SYS", NAMED, "no forbidden system call")),
    Way("SIGSEGV from outside", "plain", "idle", sent("SEGV"), "crashed", by("SEGV", NAMED, "sentence: sent by {killer}")),
    Way("SIGABRT from outside", "plain", "idle", sent("ABRT"), "crashed", by("ABRT", NAMED, "sentence: sent by {killer}"), LIKE_V1),
    Way("SIGBUS from outside", "plain", "idle", sent("BUS"), "crashed", by("BUS", NAMED), LIKE_V1),
    Way("SIGILL from outside", "plain", "idle", sent("ILL"), "crashed", by("ILL", NAMED), LIKE_V1),
    Way("SIGFPE from outside", "plain", "idle", sent("FPE"), "crashed", by("FPE", NAMED), LIKE_V1),
    Way("SIGTRAP from outside", "plain", "idle", sent("TRAP"), "crashed", by("TRAP", NAMED), LIKE_V1),
    Way("SIGKILL from outside", "plain", "request", sent_within("KILL"), "killed", by("KILL", NAMED, "at its end: busy")),
    Way("SIGTERM from outside", "plain", "request", sent_within("TERM"), "killed", by("TERM", NAMED)),
    Way("SIGINT from outside", "plain", "request", sent_within("INT"), "killed", by("INT", NAMED), LIKE_V1),
    Way("SIGHUP from outside", "plain", "request", sent_within("HUP"), "killed", by("HUP", NAMED), LIKE_V1),
    Way("SIGQUIT from outside", "plain", "request", sent_within("QUIT"), "killed", by("QUIT", NAMED), LIKE_V1),
    Way("SIGUSR1 from outside", "plain", "request", sent_within("USR1"), "killed", by("USR1", NAMED), LIKE_V1),
    Way("SIGALRM from outside", "plain", "request", sent_within("ALRM"), "killed", by("ALRM", NAMED), LIKE_V1),
    Way("real-time signal 37 from outside", "plain", "request", sent_within(37), "killed",
        ["wait status: signal 37", UNNAMED], LIKE_V1),
    Way("SIGSYS from outside", "plain", "request", sent_within("SYS"), "killed", by("SYS", NAMED, "no forbidden system call")),
    Way("SIGSEGV from outside", "plain", "request", sent_within("SEGV"), "crashed", by("SEGV", NAMED)),
    Way("SIGABRT from outside", "plain", "request", sent_within("ABRT"), "crashed", by("ABRT", NAMED), LIKE_V1),
    Way("SIGTERM from outside, which libfcgi makes an orderly exit of", "libfcgi", "idle", sent("TERM"), "exited",
        ["wait status: exit status 0", NAMED, "sentence: SIGTERM had come from {killer}"]),
    Way("SIGTERM from outside, before the first request", "libfcgi", "idle", sent("TERM", served=0), "exited",
        ["wait status: exit status 0", NAMED, "requests served: 0"]),
    Way("SIGUSR1 from outside, which libfcgi makes an orderly exit of", "libfcgi", "idle", sent("USR1"), "exited",
        ["wait status: exit status 0", NAMED]),
    Way("SIGTERM from outside, after which libfcgi answers its last request", "libfcgi", "request", finished_first("TERM"),
        "exited", ["wait status: exit status 0", NAMED, "in flight: none"]),

    # Signals from near.
    Way("SIGKILL to itself", "plain", "request", asked("kill=self&signal=9"), "killed", by("KILL", "sender of the signal: itself")),
    Way("SIGTERM to itself", "plain", "request", asked("kill=self&signal=15"), "killed",
        by("TERM", "sender of the signal: itself"), LIKE_V1),
    Way("SIGKILL from its own child", "plain", "request", asked("who=child&kill=parent&signal=9"), "killed",
        by("KILL", "sender of the signal: pid ")),
    Way("SIGKILL from a sibling", "pairs", "idle", by_its_sibling("KILL"), "killed",
        by("KILL", "sender of the signal: app {sibling}")),
    Way("one kill for two workers", "pairs", "idle", both_sent("KILL"), "killed", by("KILL", NAMED)),

    # Crashes of its own.
    Way("a write to address 0", "plain", "request", asked("crash=null"), "crashed",
        by("SEGV", "core: none", "sender of the signal: unknown")),
    Way("a stack that overflows", "plain", "request", asked("crash=stack"), "crashed", by("SEGV", "core: none")),
    Way("a read beyond a mapped file's end", "plain", "request", asked("crash=bus"), "crashed", by("BUS"), LIKE_V1),
    Way("a failed assertion", "plain", "request", asked("crash=assert"), "crashed",
        by("ABRT", "stderr: Assertion `basket != NULL' failed", "sender of the signal: itself")),
    Way("abort()", "plain", "request", asked("crash=abort"), "crashed", by("ABRT", "sender of the signal: itself"), LIKE_V1),
    Way("an illegal instruction", "plain", "request", asked("crash=ill"), "crashed", by("ILL"), LIKE_V1),
    Way("a division by zero", "plain", "request", asked("crash=fpe"), "crashed", by("FPE"), LIKE_V1),
    Way("a breakpoint without a debugger", "plain", "request", asked("crash=trap"), "crashed", by("TRAP"), LIKE_V1),
    Way("a write to address 0, in a thread of its own", "plain", "request", asked("who=thread&crash=null"), "crashed", by("SEGV")),
    Way("a write to address 0, by a background thread", "plain", "idle", afterwards("crash=null"), "crashed",
        by("SEGV", "at its end: idle")),
    Way("a write to address 0, with a core dump", "cores", "request", asked("crash=null"), "crashed",
        ["wait status: SIGSEGV, core dumped", "sentence: Core dump: "]),
    Way("a failed assertion, with a core dump", "cores", "request", asked("crash=assert"), "crashed",
        ["wait status: SIGABRT, core dumped", "stderr: basket"]),
    Way("a child of a shell that crashes", "shell", "request", asked("crash=null"), "exited",
        ["wait status: exit status 139", "sentence: SIGSEGV"]),

    # Memory.
    Way("memory.max", "plain", "request", asked("leak=65536"), "oom-worker", ["wait status: SIGKILL", "oom_kill: ",
        "memory.max: 32 MiB", "memory peak: 32 MiB"]),
    Way("memory.max, of a background thread", "plain", "idle", afterwards("leak=65536"), "oom-worker", ["memory peak: 32 MiB"]),
    Way("memory.max, in a thread of its own", "plain", "request", asked("who=thread&leak=65536"), "oom-worker",
        ["wait status: SIGKILL"]),
    Way("memory.max, by a child", "plain", "idle", afterwards("who=child&leak=65536"), "oom-worker", ["killed for memory: pid "]),
    Way("memory.max, by a child of a shell", "shell", "request", asked("leak=65536"), "oom-worker", ["killed for memory: pid "]),
    Way("memory.max, request by request", "plain", "request", outgrows_over_many(3072), "oom-worker", ["memory peak: 32 MiB"]),
    Way("memory.max, two workers at once", "pairs", "request", both("leak=65536"), "oom-worker", ["memory peak: 32 MiB"]),
    Way("memory.max, while it starts", "boots", "start", at_next_start(script("#!/bin/sh\nexec {app} --at-start leak=65536\n")),
        "oom-worker", ["kind: start-failure", "had been ready: no", "memory peak: 32 MiB"]),
    Way("memory.app_max, by another worker's growth", "family", "idle", neighbour_grows, "oom-app",
        ["memory.app_max: 96 MiB", "wait status: SIGKILL", "at its end: idle"]),

    # Limits and timers of its own, and what runs out.
    Way("its limit of processor time", "plain", "request", asked("overstep=cpu"), "killed", by("XCPU", "sentence: RLIMIT_CPU")),
    Way("its limit of file size", "plain", "request", asked("overstep=file"), "killed", by("XFSZ", "sentence: RLIMIT_FSIZE")),
    Way("a write to a pipe that nobody reads", "plain", "request", asked("overstep=pipe"), "killed",
        by("PIPE", "sentence: nobody reads")),
    Way("an alarm that it set", "plain", "request", asked("overstep=alarm"), "killed", by("ALRM", "sentence: timer")),
    Way("a profiling timer that it set", "plain", "request", asked("overstep=profile"), "killed",
        by("PROF", "sentence: timer"), LIKE_V1),
    Way("a virtual timer that it set", "plain", "request", asked("overstep=virtual"), "killed",
        by("VTALRM", "sentence: timer"), LIKE_V1),
    Way("no descriptors left", "cramped", "request", asked("exhaust=files"), "exited",
        ["wait status: exit status 1", "stderr: Too many open files"]),
    Way("no processes left", "cramped", "request", asked("exhaust=processes"), "exited",
        ["wait status: exit status 1", "stderr: Resource temporarily unavailable"]),
    Way("a full disk", "cramped", "request", fills_the_disk, "exited",
        ["wait status: exit status 1", "stderr: No space left on device"]),

    # Forbidden system calls.
    Way("a forbidden system call", "plain", "request", asked("forbid=acct"), "forbidden-syscall", by("SYS")),
    Way("a forbidden system call, in a thread of its own", "plain", "request", asked("who=thread&forbid=acct"), "forbidden-syscall",
        by("SYS")),
    Way("a forbidden system call, by a background thread", "plain", "idle", afterwards("forbid=acct"), "forbidden-syscall",
        by("SYS", "at its end: idle")),

    # Exits.
    Way("exit 0 after a request", "plain", "idle", answered("leave=0"), "left", ["wait status: exit status 0"]),
    Way("exit 1 after a request", "plain", "idle", answered("leave=1"), "exited", ["wait status: exit status 1"]),
    Way("exit 0 in a request", "plain", "request", asked("exit=0", before=2), "exited", ["wait status: exit status 0"]),
    Way("exit 1 in a request", "plain", "request", asked("exit=1"), "exited", ["wait status: exit status 1"], LIKE_V1),
    Way("exit 3 in a request, by a thread of its own", "plain", "request", asked("who=thread&exit=3"), "exited",
        ["wait status: exit status 3"]),
    Way("exit 127 in a request", "plain", "request", asked("exit=127"), "exited", ["wait status: exit status 127"], LIKE_V1),
    Way("exit 255 in a request", "plain", "request", asked("exit=255"), "exited", ["wait status: exit status 255"], LIKE_V1),
    Way("exit 0 of one thread while another serves", "threads", "request", a_thread_leaves, "exited",
        ["wait status: exit status 0"]),
    Way("a Perl program that dies", "perl", "request", broken_off("die=1"), "exited",
        ["wait status: exit status 255", "stderr: no basket", "sentence: PHP and Perl", EMPTY], GUEST_HAS_NONE),
    Way("exit 3 in a request, which FCGI.pm ends on the way out", "perl", "request", broken_off("exit=3"), "exited",
        ["wait status: exit status 3", "at its end: busy", EMPTY], GUEST_HAS_NONE),
    Way("exit 0 in a request, which FCGI.pm ends on the way out", "perl", "request", broken_off("exit=0"), "exited",
        ["wait status: exit status 0", "at its end: busy", EMPTY], GUEST_HAS_NONE),
    Way("an exception of Ruby that nobody catches", "ruby", "request", asked("die=1"), "exited",
        ["wait status: exit status 1", "stderr: no basket (RuntimeError)"], GUEST_HAS_NONE),
    Way("PHP_FCGI_MAX_REQUESTS", "php", "idle", answered("size=1", times=3, **PHP), "left",
        ["sentence: PHP_FCGI_MAX_REQUESTS"], GUEST_HAS_NONE),
    Way("SIGKILL to php-cgi, after one to its child, which is no end", "php family", "idle", php_child_killed, "killed",
        by("KILL", NAMED), GUEST_HAS_NONE),

    # Several requests at once.
    Way("SIGKILL to php-cgi, whose children serve", "php family", "request", several("KILL", 2, **PHP), "killed",
        by("KILL", NAMED, "requests at its end: place=0&", "requests at its end: place=1&", "sentence: Cut off with it: GET"),
        GUEST_HAS_NONE),
    Way("SIGKILL from outside, to three threads that serve", "threads", "request", several("KILL", 3), "killed",
        by("KILL", NAMED, "requests at its end: 2 requests of unknown name: cut-off",
           "sentence: Cut off with it: 2 requests whose names are not known"), LIKE_V1),

    # Hung.
    Way("asleep for too long, and answered when it is told to end", "perl naps", "idle", answered_late("nap=600000"), "hung",
        ["trigger: hung", "requests at its end: answered-late", "sentence: It answered that request at the last moment",
         "sentence: It sleeps", "in flight: none"], GUEST_HAS_NONE),
    Way("asleep for too long", "hung", "request", asked("sleep=600000"), "hung",
        ["trigger: hung", "a thread: sleeping in clock_nanosleep"]),
    Way("a lock that nobody gives back", "hung", "request", asked("lock=600000"), "hung",
        ["trigger: hung", "a thread: sleeping in"]),
    Way("a socket that says nothing", "hung", "request", asked("wait=socket"), "hung",
        ["trigger: hung", "a thread: sleeping in read"]),
    Way("computing for ever", "hung", "request", asked("busy=600000"), "hung", ["trigger: hung", "a thread: running"]),
    Way("SIGSTOP from outside, and no SIGCONT", "hung", "request", stopped_in_a_request, "hung",
        ["trigger: hung", "our order: end it as hung, sent SIGTERM", "a thread: stopped"]),
    Way("hung, and deaf to the stop signal", "deaf", "request", asked("sleep=600000"), "hung",
        ["our order: end it as hung, sent SIGTERM, then SIGKILL", "wait status: SIGKILL"]),
    Way("hung, and a crash on the stop signal", "touchy", "request", asked("sleep=600000"), "crashed",
        ["trigger: hung", "wait status: SIGSEGV"]),

    # Stuck: connections wait in its queue, and it serves nobody.
    Way("asleep between two requests, while others wait", "stuck", "idle", queued_behind(stands), "stuck",
        [*STUCK, "in flight: none", "had taken meanwhile: none", "a thread: sleeping in clock_nanosleep", UNHARMED], LIKE_V1),
    Way("a queue that nobody takes, because somebody stopped it", "stuck", "idle", queued_behind(stopped_at_rest), "stuck",
        [*STUCK, "had taken meanwhile: none", "a thread: stopped", "next step: SIGCONT", UNHARMED], LIKE_V1),
    Way("half a header on a connection that it has taken", "stuck", "idle", queued_behind(spoken_to(5, begun=False)), "stuck",
        [*STUCK, "had taken meanwhile: 1 connection without a request", "a thread: sleeping in read",
         "sentence: none of them had a complete request", "next step: who connects to this worker"], LIKE_V1),
    Way("half a request on a connection that it has taken", "stuck", "idle", queued_behind(spoken_to(60, begun=True)), "stuck",
        [*STUCK, "had taken meanwhile: 1 request of which only the beginning had arrived", "a thread: sleeping in read",
         "sentence: waits for the rest of its request", "sentence: none of them had a complete request"], LIKE_V1),
    Way("a queue that nobody takes, of many", "stuck", "idle", queued_behind(stands, 5), "stuck",
        ["waited in its queue: 5 connections", UNHARMED], LIKE_V1),
    Way("all of its threads asleep between two requests", "stuck threads", "idle", queued_behind(both_stand), "stuck",
        [*STUCK, "had taken meanwhile: none", "a thread: sleeping in clock_nanosleep", UNHARMED], LIKE_V1),
    Way("stuck, and deaf to the stop signal", "stuck, deaf", "idle", queued_behind(stands), "stuck",
        [*STUCK[:2], "our order: end it as stuck, sent SIGTERM, then SIGKILL", "wait status: SIGKILL", UNHARMED], LIKE_V1),
    Way("stuck, and a crash on the stop signal", "stuck, touchy", "idle", queued_behind(stands), "crashed",
        ["trigger: stuck", "wait status: SIGSEGV"], LIKE_V1),

    # Draining.
    Way("busy at the end of its drain", "cut", "drain", drained_while(nothing_more), "drain-cut",
        ["trigger: operator", "our order: end it at drain.timeout"]),
    Way("SIGKILL from outside", "drains", "drain", drained_while(struck("KILL")), "killed",
        ["trigger: operator", "our order: recycle, no signal sent yet", NAMED]),
    Way("a write to address 0", "drains", "drain", drained_while(released, "crash=null"), "crashed",
        ["trigger: operator", "our order: recycle, no signal sent yet"]),
    Way("memory.max", "drains", "drain", drained_while(released, "leak=65536"), "oom-worker", ["trigger: operator"]),
    Way("exit 3", "drains", "drain", drained_while(released, "exit=3"), "exited", ["trigger: operator"]),
    Way("a crash on the stop signal", "touchy", "stop", recycled, "crashed", ["trigger: operator", OUR_TERM]),
    Way("deaf to the stop signal", "deaf", "stop", recycled, "recycled",
        ["trigger: operator", "our order: recycle, sent SIGTERM, then SIGKILL"]),
    Way("exit 9 on the stop signal", "rude", "stop", recycled, "recycled", ["trigger: operator", "wait status: exit status 9"]),

    # Recycled and stopped.
    Way("recycle.requests", "counted", "idle", retired(1), "recycled", ["trigger: requests", OUR_TERM]),
    Way("recycle.memory", "growing", "idle", retired(1, "leak=20480"), "recycled", ["trigger: memory", OUR_TERM]),
    Way("recycle.age", "aging", "idle", ages, "recycled", ["trigger: age", OUR_TERM]),
    Way("recyclerctl recycle", "drains", "idle", recycled, "recycled", ["trigger: operator", OUR_TERM]),
    Way("a changed policy", "changed", "idle", policy_changes, "recycled", ["trigger: policy", OUR_TERM]),
    Way("an address less in the policy", "shrinking", "idle", slot_removed, "stopped", ["our order: stop, sent SIGTERM"]),
    Way("the end of the app", "ended", "idle", app_stopped, "stopped", ["our order: stop, sent SIGTERM"]),
    Way("the end of the app, at once", "ended at once", "request", app_stopped_at_once, "drain-cut", ["our order: "]),

    # Starts.
    Way("the program is gone", "boots", "start", at_next_start(lambda home: (home / "program").unlink()), "start-failed",
        ["kind: start-failure", "failed step: exec", "errno: ENOENT", "sentence: {home}/program"]),
    Way("the interpreter of a script is gone", "boots", "start", at_next_start(script("#!/nowhere/perl\n")), "start-failed",
        ["failed step: exec", "errno: ENOENT"]),
    Way("the program may not be executed", "boots", "start", at_next_start(lambda home: (home / "program").chmod(0o644)),
        "start-failed", ["failed step: exec", "errno: EACCES"]),
    Way("the program is none", "boots", "start", at_next_start(script("basket\n")), "start-failed",
        ["failed step: exec", "errno: ENOEXEC"]),
    Way("the directory is gone", "boots", "start", at_next_start(lambda home: (home / "folder").rmdir()), "start-failed",
        ["failed step: directory", "errno: ENOENT", "sentence: {home}/folder"]),
    Way("the directory may not be entered", "boots", "start", at_next_start(lambda home: (home / "folder").chmod(0o700)),
        "start-failed", ["failed step: directory", "errno: EACCES"]),
    Way("exit 1", "boots", "start", at_next_start(script("#!/bin/sh\necho no basket >&2\nexit 1\n")), "exited",
        ["kind: start-failure", "wait status: exit status 1", "stderr: no basket", "sentence: never been ready"]),
    Way("exit 0", "boots", "start", at_next_start(script("#!/bin/sh\nexit 0\n")), "exited",
        ["kind: start-failure", "wait status: exit status 0"]),
    Way("a command of its script is not there", "boots", "start", at_next_start(script("#!/bin/sh\nbasket\n")), "exited",
        ["wait status: exit status 127", "stderr: basket: not found", "sentence: does not exist"]),
    Way("a command of its script may not be executed", "boots", "start", at_next_start(script("#!/bin/sh\n/etc/passwd\n")),
        "exited", ["wait status: exit status 126", "stderr: Permission denied"]),
    Way("a write to address 0", "boots", "start", at_next_start(script("#!/bin/sh\nexec {app} --at-start crash=null\n")), "crashed",
        ["kind: start-failure", "wait status: SIGSEGV"]),
    Way("SIGKILL from outside", "boots", "start",
        at_next_start(script("#!/bin/sh\nexec {app} --at-start sleep=600000\n"), killed_while_starting), "killed",
        ["kind: start-failure", NAMED]),
    Way("not ready in time", "late", "start", at_first_start, "start-failed",
        ["kind: start-failure", "start.timeout: ", "our order: end it at start.timeout"]),
    Way("no processes left for its threads", "crowded", "start", at_first_start, "exited",
        ["kind: start-failure", "wait status: exit status 71", "stderr: Resource temporarily unavailable"]),
    Way("exit 1 of a successor, while the old worker goes on", "successors", "start",
        at_handover(script("#!/bin/sh\nexit 1\n")), "exited", ["kind: start-failure"]),
    Way("a write to address 0 by a successor, while the old worker goes on", "successors", "start",
        at_handover(script("#!/bin/sh\nexec {app} --at-start crash=null\n")), "crashed", ["kind: start-failure"]),

    # While the controller is away.
    Way("SIGKILL from outside, the controller stopped, then killed", "away", "away", controller_away("KILL"), "killed",
        by("KILL")),
    Way("SIGSEGV from outside, the controller stopped, then killed", "away", "away", controller_away("SEGV"), "crashed",
        by("SEGV")),
    Way("memory.max, the controller stopped, then killed", "away", "away", controller_away(None, "leak=65536"), "oom-worker",
        ["wait status: SIGKILL", "memory.max: 32 MiB"]),
    Way("exit 3, the controller stopped, then killed", "away", "away", controller_away(None, "exit=3"), "exited",
        ["wait status: exit status 3"]),
    Way("SIGKILL from outside, to the controller too", "away", "away", with_the_controller, "killed", by("KILL")),
    Way("SIGKILL from outside, while the policy is read again", "away", "away", during_reload, "killed", by("KILL", NAMED)),
    Way("SIGKILL from outside, its cgroup removed meanwhile", "homeless", "away", cgroup_taken_away, "killed", [NAMED]),
]
