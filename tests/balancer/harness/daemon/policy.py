# SPDX-License-Identifier: MIT
"""A policy file from a dict of tables."""

import json


def _value(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(item)}" for key, item in value.items()) + "}"
    # A JSON string is a TOML basic string.
    return json.dumps(value)


def to_toml(policy: dict) -> str:
    lines = []
    for table, keys in policy.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {_value(value)}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def merged(policy: dict, changes: dict) -> dict:
    """The policy with some keys of its tables replaced; a value of None takes the key away."""
    result = {table: dict(keys) for table, keys in policy.items()}
    for table, keys in changes.items():
        result.setdefault(table, {}).update(keys)
        result[table] = {key: value for key, value in result[table].items() if value is not None}
    return {table: keys for table, keys in result.items() if keys}
