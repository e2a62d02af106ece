#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A FastCGI worker that answers wrongly if its query says so: stall=M, halves=1, header=B, garbage=1, unheaded=1, silent=1.

stall: it stops in the middle of its answer for M ms; halves: and dies there of SIGSEGV; header: a header of B bytes; garbage: no
FastCGI at all; unheaded: a header that is none; silent: it closes the connection and has said nothing.
"""

import os
import signal
import socket
import struct
import time

STDIN, PARAMS, STDOUT, END = 5, 4, 6, 3


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def received(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = connection.recv(size - len(content))
        if not piece:
            raise EOFError
        content += piece
    return content


def params_of(connection: socket.socket) -> bytes:
    """All that came before the end of the request's body."""
    params = b""
    while True:
        _, kind, _, length, padding = struct.unpack(">BBHHBx", received(connection, 8))
        content = received(connection, length + padding)[:length]
        if kind == PARAMS:
            params += content
        if kind == STDIN and not length:
            return params


def words_of(params: bytes) -> dict[str, str]:
    query, at = "", 0
    def size() -> int:
        nonlocal at
        at += 1
        if params[at - 1] < 0x80:
            return params[at - 1]
        at += 3
        return struct.unpack(">I", params[at - 4:at])[0] & 0x7fffffff
    while at < len(params):
        name, value = size(), size()
        if params[at:at + name] == b"QUERY_STRING":
            query = params[at + name:at + name + value].decode()
        at += name + value
    return dict(word.split("=", 1) for word in query.split("&") if "=" in word)


def answer(connection: socket.socket, word: dict[str, str]) -> None:
    nonce = word.get("nonce", "")
    head = b"Content-Type: text/plain\r\n\r\n"
    body = f"nonce={nonce} length=0 sum=0 pid={os.getpid()} end={nonce}\n".encode()
    if "silent" in word:
        return
    if "garbage" in word:
        connection.sendall(b"I speak no FastCGI at all, and never did.\n" * 20)
        return
    if "unheaded" in word:
        head = b"\x01\x02 no header\r\n: \r\n\r\n"
    if "header" in word:
        head = b"X-Long: " + b"x" * int(word["header"]) + b"\r\n" + head
    time.sleep(int(word.get("sleep", 0)) / 1000)
    if "stall" in word or "halves" in word:
        connection.sendall(record(STDOUT, head + body[:10] + b"x" * 40000))
        if "halves" in word:
            os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(int(word["stall"]) / 1000)
    for start in range(0, len(head), 30000):
        connection.sendall(record(STDOUT, head[start:start + 30000]))
    connection.sendall(record(STDOUT, body) + record(STDOUT, b"") + record(END, bytes(8)))


def main() -> None:
    listener = socket.socket(fileno=0)
    while True:
        connection, _ = listener.accept()
        with connection:
            try:
                answer(connection, words_of(params_of(connection)))
            except (EOFError, OSError):
                pass


main()
