# SPDX-License-Identifier: MIT
"""System calls by the numbers of 32-bit programs. A kernel may have none (built without, or ia32_emulation=off): int 0x80 is then
no call but a fault, and whoever tries it dies of SIGSEGV."""

import platform
import signal
import subprocess

from harness import machine


def has_32_bit_calls(program=None) -> bool:
    """Found out by a program that makes one with nothing of ours around it; `program` stands for that one in a check of this."""
    if platform.machine() != "x86_64":
        return False
    command = program or [machine.TEST_PROGRAMS / "app", "--call", "i386/getpid"]
    status = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60).returncode
    assert status in (0, -signal.SIGSEGV), f"{command} ended with {status}: neither an answer nor a SIGSEGV"
    return status == 0


def verdict_of_a_32_bit_call() -> str:
    """What a worker under the default profile comes to that makes one."""
    if platform.machine() != "x86_64":
        raise machine.Skip("only x86_64 knows calls by 32-bit numbers")
    return "forbidden-syscall" if has_32_bit_calls() else "crashed"
