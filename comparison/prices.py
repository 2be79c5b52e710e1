"""AWS's list prices, dated and sourced: data/prices.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from local.paths import ROOT

FILE = ROOT / "data" / "prices.toml"
DEFAULT_REGION = "us-east-1"


class NoPrice(Exception):
    """The file has no such price."""


@dataclass(frozen=True)
class Price:
    name: str
    """`service.unit`."""
    usd: float
    per: int
    """So many units cost `usd`."""
    url: str
    source: str
    as_of: str = ""
    """The source's date, as exact as it is known."""
    checked: bool = True

    def of(self, quantity: float) -> float:
        """In USD."""
        return quantity * self.usd / self.per


@dataclass(frozen=True)
class Prices:
    region: str
    by_name: Mapping[str, Price]

    @classmethod
    def of(cls, region: str, file: Path = FILE) -> Self:
        """Raises NoPrice where the file does not know the region."""
        listed = tomllib.loads(file.read_text())
        if region not in regions(file):
            raise NoPrice(f"no prices of {region}, but of {', '.join(regions(file))}")
        return cls(
            region,
            {
                f"{service}.{unit}": _price(f"{service}.{unit}", entry, region)
                for service, units in listed.items()
                for unit, entry in units.items()
            },
        )

    def __getitem__(self, name: str) -> Price:
        try:
            return self.by_name[name]
        except KeyError:
            raise NoPrice(f"no price of {name}") from None


def regions(file: Path = FILE) -> list[str]:
    """Those of which the file has every price."""
    listed = tomllib.loads(file.read_text())
    entries = [entry for units in listed.values() for entry in units.values()]
    return [name for name in entries[0] if all(isinstance(e.get(name), dict) for e in entries)]


def _price(name: str, entry: Mapping[str, Any], region: str) -> Price:
    return Price(name, per=entry["per"], url=entry["url"], **entry[region])
