"""The base of every contract, and the values that contracts share."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_DECIMAL = r"([1-9][0-9]{0,8}(\.[0-9]{1,2})?|0\.([1-9][0-9]?|0[1-9]))"
_MONTH = r"[0-9]{4}-(0[1-9]|1[0-2])"


class Contract(BaseModel):
    """camelCase in JSON. Unknown fields are ignored, so that a producer may add some."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        serialize_by_alias=True,
        frozen=True,
        extra="ignore",
        # The input may hold personal data, and errors are logged.
        hide_input_in_errors=True,
    )


def _positive_decimal(value: object) -> Decimal:
    # A string, because a JSON number passes through binary floating point on its way.
    if isinstance(value, Decimal):
        value = str(value)
    if isinstance(value, str) and re.fullmatch(_DECIMAL, value):
        return Decimal(value)
    raise PydanticCustomError(
        "decimal_string",
        "must be a string with a positive decimal of at most two places, such as '49.90'",
    )


def _month(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(_MONTH, value):
        return value
    raise PydanticCustomError("month", "must be a month as YYYY-MM, such as '2026-11'")


DecimalString = Annotated[
    Decimal,
    BeforeValidator(_positive_decimal),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_DECIMAL}$", "examples": ["49.90"]}),
]
Currency = Annotated[
    str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code", examples=["EUR"])
]
Period = Annotated[
    str,
    BeforeValidator(_month),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_MONTH}$",
            "description": "The month that is paid, YYYY-MM",
            "examples": ["2026-11"],
        }
    ),
]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Money(Contract):
    """An amount in a currency; 49.9 equals 49.90."""

    value: DecimalString
    currency: Currency

    def __str__(self) -> str:
        return f"{self.value:.2f} {self.currency}"
