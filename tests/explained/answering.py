# SPDX-License-Identifier: MIT
"""Living workers whose answers the balancer does not understand."""

from judge import Truth, truth
from kind import Kinds
from stand import Stand

KINDS = Kinds()
kind = KINDS.kind


def answers(stand: Stand, query: str) -> list[Truth]:
    stand.start({"app": {"command": stand.crooked()}}).ask_whole(query)
    stand.clients.wait_served()
    return [truth("bad-answer", stand.slots)]


@kind()
def a_worker_answers_with_a_header_that_is_too_long(stand: Stand) -> list[Truth]:
    return answers(stand, "header=70000")


@kind(silent="lighttpd")
def a_worker_answers_with_a_header_that_is_none(stand: Stand) -> list[Truth]:
    return answers(stand, "unheaded=1")


@kind(in_short=True)
def a_worker_answers_in_no_fastcgi(stand: Stand) -> list[Truth]:
    return answers(stand, "garbage=1")


@kind(in_short=True)
def a_worker_closes_the_connection_without_a_word_and_lives_on(stand: Stand) -> list[Truth]:
    return answers(stand, "silent=1")
