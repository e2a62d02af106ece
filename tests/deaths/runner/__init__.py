# SPDX-License-Identifier: MIT
"""How the ways of tests/deaths/matrix.py are run: real daemons, real workers, and a judge for each record."""
