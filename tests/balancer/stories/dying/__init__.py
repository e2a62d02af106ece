# SPDX-License-Identifier: MIT
"""Workers and controllers die: each end has one record with the right verdict, and the app goes on."""
