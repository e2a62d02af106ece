# SPDX-License-Identifier: MIT
"""Clients that ask an application one question after another, each answer checked, until they are told that it is enough."""

import http.client
import random
import threading
import time
from dataclasses import dataclass

from application import Application, Question
from harness.processes import wait_until

DEADLINE = 120.0  # seconds for one answer
PAUSE = 0.1  # after a failure, before the next: as long as a person takes to press a key


@dataclass(frozen=True)
class Answer:
    uri: str
    began: float  # Unix time
    seconds: float
    fault: str | None  # None: it was right
    heard: bool  # the web server passed an application's answer on


class Asking:
    """So many clients at the web server on `port`, each with one request at a time on a connection of its own."""

    def __init__(self, application: Application, port: int, clients: int, headers: dict[str, str], seed: int):
        self.port, self.headers = port, headers
        self.questions = [question for question in application.questions for _ in range(question.weight)]
        self.answers: list[Answer] = []
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._asked = 0
        self._enough: int | None = None
        self._clients = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(clients)]
        for client in self._clients:
            client.start()

    def reach(self, count: int, seconds: float = 900) -> None:
        """Waits until so many answers are there."""
        wait_until(lambda: len(self.answers) >= count, seconds, f"{count} answers, after {len(self.answers)}")

    def goes_on(self, more: int) -> None:
        """Waits for so many answers more."""
        self.reach(len(self.answers) + more)

    def finish(self, at_least: int) -> list[Answer]:
        """Asks on until so many were asked, then waits for the last answer."""
        self._enough = at_least
        for client in self._clients:
            client.join()
        return self.answers

    def _next(self) -> tuple[Question, int] | None:
        with self._lock:
            if self._enough is not None and self._asked >= self._enough:
                return None
            self._asked += 1
            return self._chance.choice(self.questions), self._asked

    def _ask_on(self) -> None:
        while (chosen := self._next()) is not None:
            answer = self._ask(*chosen)
            self.answers.append(answer)
            if answer.fault:
                time.sleep(PAUSE)

    def _ask(self, question: Question, nonce: int) -> Answer:
        uri, began, at = question.uri(nonce), time.monotonic(), time.time()
        heard = False
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
            connection.request("GET", uri, headers=self.headers)
            answer = connection.getresponse()
            body = answer.read()
            heard = answer.status not in (502, 503, 504)
            fault = question.fault(nonce, answer.status, body)
        except TimeoutError:
            fault = "timeout"
        except (OSError, http.client.HTTPException) as error:
            fault = f"cut off ({type(error).__name__})"
        return Answer(uri, at, time.monotonic() - began, fault, heard)


def slowest_ms(answers: list[Answer]) -> float:
    return max((answer.seconds for answer in answers), default=0) * 1000


def failed(answers: list[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.fault]
