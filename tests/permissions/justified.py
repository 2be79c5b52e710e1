"""Grants with a wildcard, and grants that no test makes a function use, each with the reason why it
is there. They are named as a failing test names them.
"""

JUSTIFIED: dict[str, str] = {}
