# SPDX-License-Identifier: MIT
"""What people at the keyboard rely on: verbs, sentences, logs, policies that change."""
