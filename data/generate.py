"""Writes the sample portfolio and a month of premiums: `python data/generate.py`.

Everything is synthetic and the same at every run. The e-mail addresses belong to the mailbox
simulator of Amazon SES, which accepts and discards:
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import NamedTuple

PERIOD = "2026-11"
CUSTOMERS = 400
POLICIES = 520
SWISS_POLICIES = 2  # paid in CHF, all others in EUR


class Product(NamedTuple):
    name: str
    prefix: str
    share: int
    cheapest: int  # cents a month
    dearest: int


PRODUCTS = (
    Product("motor", "MOT", 30, 2890, 13990),
    Product("home", "HOM", 22, 1150, 5490),
    Product("liability", "LIA", 18, 390, 1190),
    Product("life", "LIF", 10, 990, 8990),
    Product("legal", "LEG", 8, 1390, 3490),
    Product("accident", "ACC", 7, 590, 2490),
    Product("travel", "TRA", 5, 490, 1790),
)

# fmt: off
FIRST_NAMES = (
    "Aaliyah", "Adrián", "Agnieszka", "Ahmed", "Aiko", "Amara", "Anna", "Antoine", "Astrid",
    "Aylin", "Bao", "Beatriz", "Bilal", "Björn", "Camille", "Chiara", "Chidi", "Clara", "Daniel",
    "Deepa", "Dimitra", "Elif", "Emil", "Esther", "Fatima", "Felix", "Finn", "Giulia", "Grace",
    "Hannah", "Hiroshi", "Ines", "Ioana", "Ivan", "Jakub", "Jan", "Joana", "Jonas", "Kateřina",
    "Kofi", "Lars", "Leila", "Linh", "Lucía", "Łukasz", "Maja", "Marek", "Matteo", "Mehmet", "Mia",
    "Mohamed", "Nadia", "Niamh", "Nikola", "Noor", "Oksana", "Olga", "Oscar", "Paula", "Pavel",
    "Petra", "Priya", "Rafael", "Ravi", "Rosa", "Samuel", "Sara", "Seán", "Sofia", "Svetlana",
    "Tariq", "Thomas", "Tomasz", "Uma", "Viktor", "Wanjiru", "Wei", "Yara", "Yusuf", "Zoë",
)
LAST_NAMES = (
    "Abebe", "Adeyemi", "Aydın", "Bakker", "Bauer", "Bianchi", "Brandt", "Byrne", "Chen", "Costa",
    "Dahl", "Demir", "Dubois", "Eriksson", "Farouk", "Fernández", "Fischer", "García", "Gruber",
    "Haddad", "Hansen", "Horváth", "Ibrahim", "Ivanova", "Jansen", "Jovanović", "Kaya", "Keller",
    "Khan", "Kowalska", "Kraus", "Kumar", "Lambert", "Lehmann", "Lindqvist", "Lopes", "Martín",
    "Mbeki", "Meier", "Mensah", "Moreau", "Müller", "Nagy", "Nguyễn", "Novák", "Nowak", "O’Brien",
    "Okafor", "Özdemir", "Papadopoulos", "Park", "Patel", "Petrov", "Popescu", "Rahman", "Ricci",
    "Rossi", "Ruiz", "Sato", "Schneider", "Shevchenko", "Silva", "Singh", "Smit", "Søndergaard",
    "Suzuki", "Tamm", "Tran", "Van den Berg", "Virtanen", "Vogel", "Wagner", "Walsh", "Weber",
    "Wójcik", "Yılmaz", "Zhang", "Zimmermann",
)
# fmt: on


class Policy(NamedTuple):
    policy_id: str
    customer_id: str
    product: str
    premium: str
    currency: str


class Premium(NamedTuple):
    policy_id: str
    customer_id: str
    name: str
    email: str
    amount: str
    currency: str
    period: str


def policies() -> list[Policy]:
    """Every customer holds one policy at least; some hold several."""
    random = Random("policies")
    holders = [*range(CUSTOMERS), *random.choices(range(CUSTOMERS), k=POLICIES - CUSTOMERS)]
    products = random.choices(PRODUCTS, weights=[product.share for product in PRODUCTS], k=POLICIES)
    swiss = set(random.sample(range(POLICIES), SWISS_POLICIES))
    return [
        Policy(
            policy_id=f"{product.prefix}-{100001 + number}",
            customer_id=_customer_id(holder),
            product=product.name,
            premium=_money(random.randrange(product.cheapest, product.dearest + 1, 10)),
            currency="CHF" if number in swiss else "EUR",
        )
        for number, (holder, product) in enumerate(zip(holders, products, strict=True))
    ]


def premium_lines() -> list[str]:
    """One good line a policy, and the bad ones that a real file holds too."""
    random = Random("premiums")
    names = [f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}" for _ in range(CUSTOMERS)]
    due = [_premium_due(policy, names) for policy in policies()]
    random.shuffle(due)
    lines = [_csv_line(premium) for premium in due]
    bad = {
        40: _csv_line(due[5]._replace(policy_id="MOT-999999")),
        90: _csv_line(due[300]._replace(amount=_money(_cents(due[300].amount) + 100))),
        140: _csv_line(due[20]),  # the very same line again
        190: _csv_line(due[35]._replace(period="2026-13")),
        240: ",".join(due[60][:4]),  # cut off
        290: _csv_line(due[410]._replace(amount=f"-{due[410].amount}")),
        340: _csv_line(due[75]._replace(policy_id="HOM-999999")),
        390: _csv_line(due[100]).replace(due[100].name, f'"{due[100].name}'),  # quote never closed
        440: _csv_line(due[120]._replace(name=due[120].name.upper())),  # paid already
    }
    for position in sorted(bad, reverse=True):
        lines.insert(position, bad[position])
    return lines


def policies_csv() -> str:
    header = "policyId,customerId,product,premium,currency"
    return "\n".join([header, *map(_csv_line, policies()), ""])


def premiums_csv() -> str:
    header = "policyId,customerId,name,email,amount,currency,period"
    return "\n".join([header, *premium_lines(), ""])


def _premium_due(policy: Policy, names: list[str]) -> Premium:
    number = int(policy.customer_id.removeprefix("C-")) - 10001
    return Premium(
        policy_id=policy.policy_id,
        customer_id=policy.customer_id,
        name=names[number],
        email=f"success+{number + 1}@simulator.amazonses.com",
        amount=policy.premium,
        currency=policy.currency,
        period=PERIOD,
    )


def _customer_id(number: int) -> str:
    return f"C-{10001 + number}"


def _money(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))


def _cents(money: str) -> int:
    return int(Decimal(money).scaleb(2))


def _csv_line(row: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()


if __name__ == "__main__":
    folder = Path(__file__).parent
    (folder / "policies.csv").write_text(policies_csv(), encoding="utf-8")
    (folder / f"premiums-{PERIOD}.csv").write_text(premiums_csv(), encoding="utf-8")
