# SPDX-License-Identifier: MIT
"""What sudo ./quickstart shows: the story that Recycler was made for, in small and in a minute."""
