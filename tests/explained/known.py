# SPDX-License-Identifier: MIT
"""Which answers are known to be wrong, and why. One that has become right is a fault here: its line goes."""

WRONG: dict[tuple[str, str], str] = {}


def _wrong(kind: str, balancers: str, reason: str) -> None:
    WRONG.update({(kind, name): reason for name in balancers.split()})


_ALL = "nginx lighttpd haproxy apache"
_NO_ERRNO = "HAProxy's line says that there was no connection, and not why"
_NO_DEATH = "the line is that of a worker that ended, and none did"
_PATHLESS = "two of Apache's three lines name no path"
_wrong("a worker stops in the middle of its answer", "haproxy", "HAProxy writes SD, as if the server had closed the connection")
_wrong("a worker answers with a header that is too long", "lighttpd apache", "not all lines of such an answer are known")
_wrong("a worker answers with a header that is none", "apache", "not all lines of such an answer are known")
_wrong("a worker answers in no fastcgi", "lighttpd haproxy apache", _NO_DEATH)
_wrong("a worker closes the connection without a word and lives on", _ALL, _NO_DEATH)
_wrong("the daemon is stopped and started again", "lighttpd", "a log that tells seconds: the second touches the next daemon")
_wrong("the daemon is killed and started again", _ALL, "the end of a daemon that was killed is not known to the second")
_wrong("one socket may not be opened and the gate of the other is closed", "haproxy", _NO_ERRNO)
_wrong("one socket may not be opened and the gate of the other is closed", "apache", _PATHLESS)
_wrong("all gates of unix sockets are closed by a drain", "apache", _PATHLESS)
_wrong("the balancer may not open the socket", "haproxy", _NO_ERRNO)
_wrong("the balancer may not open the socket", "apache", _PATHLESS)
_wrong("the socket file is removed", "haproxy", _NO_ERRNO)
_wrong("the socket file is removed", "apache", _PATHLESS)
_wrong("the queue of a unix socket is full", "lighttpd", "lighttpd goes on as if it were connected, and its lines say nothing of the queue")
_wrong("the queue of a unix socket is full", "haproxy", "the line of a request does not follow those of its connects")
_wrong("the balancer has no port of its own left", "haproxy", "the line of a request does not follow those of its connects")
_wrong("there is no route to the workers", "haproxy", _NO_ERRNO)
_wrong("the balancer names a port that is none of ours", "haproxy", "HAProxy's line names who answered, and not who refused")
_wrong("haproxy finds closed gates by its checks", "haproxy", "the try that failed was long before the line")
