"""The local cloud's commands and options."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from local import commands
from local.commands import UsageError
from local.issuer import AUDIENCE, Issuer, UnusableKey, read_key
from local.paths import ROOT
from local.paying.payments_api import Unreachable
from local.paying.portfolio import ImportFailed
from local.paying.premiums import UnreadableFile
from local.sam import SamFailed
from local.servers.process import CannotStart, ServerCrashed
from local.stack import DeployFailed
from local.variants import VARIANTS, Variant

_POLICIES = ROOT / "data" / "policies.csv"
_PREMIUMS = ROOT / "data" / "premiums-2026-11.csv"
_FAILURES = (
    CannotStart,
    DeployFailed,
    ImportFailed,
    OSError,
    SamFailed,
    ServerCrashed,
    Unreachable,
    UnreadableFile,
    UnusableKey,
    UsageError,
)


def execute(arguments: Sequence[str] | None = None) -> int:
    """The exit status; what can be expected to fail is told in a line, with its reason."""
    options = _parser().parse_args(arguments)
    try:
        return _run(Console(), options)
    except _FAILURES as error:
        print("\n".join([str(error), *getattr(error, "__notes__", ())]), file=sys.stderr)
        return 1


def _run(console: Console, options: Namespace) -> int:
    match options.command:
        case "run":
            return commands.run(
                console,
                _variants(options),
                options.premiums,
                options.policies,
                containers=options.containers,
                stay_up=not options.once,
            )
        case "pay":
            return commands.pay_only(
                console,
                options.endpoint,
                _variants(options),
                options.premiums,
                options.policies,
                _issuer(options),
            )
        case "token":
            issuer = _issuer(options) or commands.running_issuer()
            print(issuer.token(options.customer))
        case "jwks":
            key = read_key(options.key)
            issuer = Issuer("", "", key, options.issuer_key_id)
            print(json.dumps({"keys": [issuer.public_key]}, indent=2))
    return 0


def _variants(options: Namespace) -> list[Variant]:
    return [VARIANTS[options.variant]] if options.variant else list(VARIANTS.values())


def _issuer(options: Namespace) -> Issuer | None:
    """The one whose key is given."""
    if options.issuer_key is None:
        return None
    if not options.issuer_url:
        raise UsageError("an issuer's key needs the issuer's URL too (--issuer-url, ISSUER_URL)")
    key = read_key(Path(options.issuer_key))
    return Issuer(options.issuer_url, options.audience, key, options.issuer_key_id)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m local", description=__doc__)
    commands_ = parser.add_subparsers(dest="command", required=True)

    run = commands_.add_parser("run", help="start, deploy and pay a month of premiums")
    run.add_argument("--variant", choices=VARIANTS, help="by default all, one after the other")
    run.add_argument("--once", action="store_true", help="end by itself, with a status")
    run.add_argument("--containers", action="store_true", help="let Docker's reach it: sam local")

    pay = commands_.add_parser("pay", help="pay premiums through an API that is running")
    pay.add_argument("--variant", choices=VARIANTS, help="by default the first that is up")
    pay.add_argument("--endpoint", metavar="URL", help="of an API; by default the local one")

    for each in (run, pay):
        each.add_argument(
            "--premiums", metavar="CSV", type=Path, default=_PREMIUMS, help="by default the sample"
        )
    run.add_argument(
        "--policies", metavar="CSV", type=Path, default=_POLICIES, help="by default the sample"
    )
    pay.add_argument(
        "--policies", metavar="CSV", type=Path, help="to check which premiums are refused"
    )

    token = commands_.add_parser("token", help="print a bearer token")
    token.add_argument("customer", help="the token's subject, such as C-10001")

    jwks = commands_.add_parser("jwks", help="print the key set that an issuer publishes")
    jwks.add_argument("key", metavar="PEM", type=Path, help="RSA key of the issuer")

    for each in (pay, token):
        each.add_argument(
            "--issuer-key",
            metavar="PEM",
            default=os.environ.get("ISSUER_KEY"),
            help="RSA key of another issuer than the local cloud's (ISSUER_KEY)",
        )
        each.add_argument(
            "--issuer-url",
            metavar="URL",
            default=os.environ.get("ISSUER_URL"),
            help="what its tokens name as issuer (ISSUER_URL)",
        )
        each.add_argument(
            "--audience",
            default=os.environ.get("AUDIENCE", AUDIENCE),
            help=f"of its tokens (AUDIENCE), {AUDIENCE} by default",
        )
    for each in (pay, token, jwks):
        each.add_argument(
            "--issuer-key-id",
            metavar="KID",
            default=os.environ.get("ISSUER_KEY_ID", ""),
            help="by default the key's thumbprint (ISSUER_KEY_ID)",
        )
    return parser
