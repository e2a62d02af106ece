# SPDX-License-Identifier: MIT
"""Workers are replaced, for whatever reason and in whichever way: no request is lost by it."""
