"""A function's settings, from its environment variables."""

import os
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

Names = Annotated[tuple[str, ...], BeforeValidator(lambda text: text.split(","))]
"""Some names in one variable, separated by commas."""


class Settings(BaseModel):
    """Subclass with one field per variable: `leads_table` reads LEADS_TABLE.

    A missing or malformed variable is a pydantic ValidationError that names it.
    """

    model_config = ConfigDict(frozen=True, alias_generator=str.upper, hide_input_in_errors=True)

    @classmethod
    def from_environment(cls) -> Self:
        return cls.model_validate({k: v for k, v in os.environ.items() if v != ""})
