# SPDX-License-Identifier: MIT
"""What users were promised, one sentence each."""
