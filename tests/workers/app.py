# SPDX-License-Identifier: MIT
"""A WSGI application that does what its query says; vocabulary.md has the words. A server that speaks FastCGI runs it."""

import os
import signal
import subprocess
import time
from urllib.parse import parse_qsl

leaked = []


def sleep_ms(milliseconds: int) -> None:
    until = time.monotonic() + milliseconds / 1000
    while (left := until - time.monotonic()) > 0:
        time.sleep(left)


def application(environ, start_response):
    word = dict(parse_qsl(environ["QUERY_STRING"]))
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    leaked.append(b"x" * 1024 * int(word.get("leak", 0)))
    for _ in range(int(word.get("spawn", 0))):
        subprocess.run(["true"], check=True)
    if "crash" in word:
        os.kill(os.getpid(), signal.SIGSEGV if word["crash"] == "segv" else signal.SIGABRT)
    sleep_ms(int(word.get("sleep", 0)))
    nonce = word.get("nonce", "")
    text = f"nonce={nonce} length={len(body)} sum={sum(body)} pid={os.getpid()} end={nonce}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
    return [text]
