# SPDX-License-Identifier: MIT
"""A program of its own, so that it can be another user: crowd.py SOCKET COUNT connects so often, says "ready", and asks for the
status on each connection again and again, until its stdin ends. Its last line: how often it was answered."""

import json
import selectors
import socket
import sys

CALL = json.dumps({"method": "io.recycler.Status"}).encode() + b"\0"


def main(path: str, count: int) -> None:
    watched = selectors.DefaultSelector()
    watched.register(sys.stdin.fileno(), selectors.EVENT_READ)
    for _ in range(count):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        try:
            client.connect(path)
            client.sendall(CALL)
        except OSError:
            client.close()
            continue
        watched.register(client, selectors.EVENT_READ)
    print("ready", flush=True)
    answers = 0
    while True:
        for key, _ in watched.select():
            if key.fileobj == sys.stdin.fileno():
                print(answers)
                return
            try:
                received = key.fileobj.recv(1 << 20)
                answers += received.endswith(b"\0")
                if received.endswith(b"\0"):
                    key.fileobj.sendall(CALL)
            except OSError:
                received = b""
            if not received:
                watched.unregister(key.fileobj)
                key.fileobj.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
