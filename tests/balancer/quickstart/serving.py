# SPDX-License-Identifier: MIT
"""What to try while it stays up, with every path as it must be typed."""

from harness import machine
from harness.daemon.recycler import Recycler
from harness.servers.lighttpd import Lighttpd


def what_to_try(recycler: Recycler, web: Lighttpd) -> str:
    slot = recycler.slots[2]
    environment = f"RECYCLER_RUNTIME_DIR={recycler.environment['RECYCLER_RUNTIME_DIR']}"
    return f"""\
It stays up until Ctrl-C. In another terminal, as root where this was started so:

  export {environment}
  PATH={machine.PROGRAMS}:$PATH

  recyclerctl status --watch
  curl '{web.url}/article?nonce=1'
  curl '{web.url}/search?nonce=2&leak=10240'       # keeps 10 MiB
  curl '{web.url}/export?nonce=3&leak=131072'      # outgrows the limit
  curl '{web.url}/report?nonce=4&crash=segv'
  curl '{web.url}/hang?nonce=5&sleep=360000'
  recyclerctl why
  recyclerctl drain {slot} && recyclerctl status {slot}
  recyclerctl open {slot}
  recyclerctl recycle all
  recyclerctl events --follow

The policy is {recycler.policy_file}, the records are in
{recycler.report_file}."""
