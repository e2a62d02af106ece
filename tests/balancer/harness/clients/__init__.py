# SPDX-License-Identifier: MIT
"""Who asks, and what comes back."""
