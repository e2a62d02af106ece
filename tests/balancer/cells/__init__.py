# SPDX-License-Identifier: MIT
"""The matrix: every balancer, with its own settings and with ours, under every handover and trigger."""
