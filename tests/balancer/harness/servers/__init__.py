# SPDX-License-Identifier: MIT
"""What runs in front of the workers, and a spawner to compare with."""
