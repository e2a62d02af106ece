# SPDX-License-Identifier: MIT
"""Which answers are known to be wrong, and why. One that has become right is a fault here: its line goes."""

WRONG: dict[tuple[str, str], str] = {}


def _wrong(kind: str, balancers: str, reason: str) -> None:
    WRONG.update({(kind, name): reason for name in balancers.split()})


_NO_ERRNO = "HAProxy's line of a request that failed says that there was no connection, and not why"
_wrong("one socket may not be opened and the gate of the other is closed", "haproxy", _NO_ERRNO)
_wrong("the balancer may not open the socket", "haproxy", _NO_ERRNO)
_wrong("the socket file is removed", "haproxy", _NO_ERRNO)
_wrong("there is no route to the workers", "haproxy", _NO_ERRNO)
_wrong("the balancer names a port that is none of ours", "haproxy", "HAProxy's line names who answered, and not who refused")
