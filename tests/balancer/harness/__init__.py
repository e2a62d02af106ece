# SPDX-License-Identifier: MIT
"""What the stories of tests/balancer, tests/bench and quickstart are told with: real programs, started and ended here."""
