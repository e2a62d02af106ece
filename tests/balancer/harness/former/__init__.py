# SPDX-License-Identifier: MIT
"""Programs of former versions, as they spoke."""
