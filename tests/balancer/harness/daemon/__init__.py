# SPDX-License-Identifier: MIT
"""The daemon: started, asked, and read from what it writes."""
