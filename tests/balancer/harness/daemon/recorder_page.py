# SPDX-License-Identifier: MIT
"""The recorder page of a running worker, as its keeper may write it: to turn the measuring of requests off and on."""

import mmap
import os
import struct
from pathlib import Path

# recycler/request/page_layout.hpp and ring_layout.hpp.
SIZE = 81920
OFF_WORD = 65536 + 8


class RecorderPage:
    def __init__(self, worker: int):
        links = Path(f"/proc/{worker}/fd")
        page = next(link for link in links.iterdir() if os.readlink(link).startswith("/memfd:recycler-page"))
        with open(page, "r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), SIZE)

    def __enter__(self) -> "RecorderPage":
        return self

    def __exit__(self, *_) -> None:
        self._bytes.close()

    def measure(self, wanted: bool) -> None:
        self._bytes[OFF_WORD:OFF_WORD + 4] = struct.pack("=I", 0 if wanted else 1)
