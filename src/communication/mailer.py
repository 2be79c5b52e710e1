"""Mail through Amazon SES, version 1 of its API: the local cloud has no other."""

import re
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)
from botocore.parsers import ResponseParserError

from communication.model import AddressRefused, Mail, NotSent
from runtime import aws
from runtime.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_ses.type_defs import ContentTypeDef

_REFUSALS = ("MessageRejected", "InvalidParameterValue")
_OUR_ACCOUNT = re.compile(r"sending (paused|suspended)|account is paused", re.IGNORECASE)


class SesMailer:
    """What is raised has no cause: SES's messages quote addresses, and tracebacks are logged.

    The sender is an address alone, without a display name.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender

    def send(self, recipient: str, mail: Mail) -> None:
        try:
            aws.ses().send_email(
                Source=self._sender,
                Destination={"ToAddresses": [recipient]},
                Message={
                    "Subject": _utf8(mail.subject),
                    "Body": {"Text": _utf8(mail.text), "Html": _utf8(mail.html)},
                },
            )
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise NotSent(f"SES: {aws.reason(error)}") from None
        except (BotoCoreError, ResponseParserError) as error:
            raise Unavailable(f"SES: {aws.reason(error)}") from None
        except ClientError as error:
            raise self._meaning(error) from None

    def _meaning(self, error: ClientError) -> Exception:
        # https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
        code = aws.reason(error)
        message = error.response["Error"].get("Message", "")
        if code in _REFUSALS and not self._is_ours(message):
            return AddressRefused()
        # Throttling, paused sending, missing rights: to be repaired here, or to pass by itself.
        is_refusal = error.response["ResponseMetadata"]["HTTPStatusCode"] < 500
        return NotSent(f"SES: {code}") if is_refusal else Unavailable(f"SES: {code}")

    def _is_ours(self, rejection: str) -> bool:
        """Whether not the recipient but our sender or account is what SES rejects."""
        return self._sender in rejection or _OUR_ACCOUNT.search(rejection) is not None


def _utf8(text: str) -> "ContentTypeDef":
    return {"Data": text, "Charset": "UTF-8"}
