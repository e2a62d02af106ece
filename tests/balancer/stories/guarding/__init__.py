# SPDX-License-Identifier: MIT
"""What nobody may do: workers, strangers, other programs, and who asks too much."""
