# SPDX-License-Identifier: MIT
"""A worker that waits in poll() for its blocking listener, and comes to accept() only when a client has connected."""

import os
import select
import socket
import struct

END, STDIN, STDOUT = 3, 5, 6
ANSWER = f"Content-Type: text/plain\r\n\r\nlength=0 sum=0 pid={os.getpid()}\n".encode()


def record(kind: int, number: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, number, len(content), 0) + content


def serve(connection: socket.socket) -> None:
    stream = connection.makefile("rb")
    while len(header := stream.read(8)) == 8:
        _, kind, number, length, padding = struct.unpack(">BBHHBx", header)
        stream.read(length + padding)
        if kind == STDIN and length == 0:
            connection.sendall(record(STDOUT, number, ANSWER) + record(STDOUT, number, b"") +
                               record(END, number, bytes(8)))
            return


def main() -> None:
    listener = socket.socket(fileno=0)
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while True:
        waiting.poll()
        connection, _ = listener.accept()
        with connection:
            serve(connection)


main()
