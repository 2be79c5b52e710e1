"""What hypothesis tries: the same examples in every run, or with `make fuzz` more and others."""

import os

from hypothesis import settings

TIMES = int(os.environ.get("TEST_TIMES", "1"))
"""How many times as many as every run tries."""


def examples(number: int) -> settings:
    """For a test that is not to try as many as most."""
    return settings(max_examples=number * TIMES)


def load_profile() -> None:
    """Without it a busy machine would fail tests for being slow. A run that looks for more than the
    others finds something else each time, and prints how to see it again.
    """
    settings.register_profile(
        "premiums",
        deadline=None,
        max_examples=50 * TIMES,
        derandomize=TIMES == 1,
        print_blob=True,
    )
    settings.load_profile("premiums")
