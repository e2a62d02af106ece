# SPDX-License-Identifier: MIT
"""What stands around: balancers, languages, sockets, and a machine that runs out of things."""
