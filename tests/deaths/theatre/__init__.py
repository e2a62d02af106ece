# SPDX-License-Identifier: MIT
"""How the ways of tests/deaths/matrix.py are played: real daemons, real workers, and a judge for each record."""
