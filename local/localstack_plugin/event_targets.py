"""How EventBridge hands an event to a rule's target.

LocalStack fills in input templates in its own way, loses what it cannot deliver, and compiles a
target's JSON path again for each event, which took two thirds of a delivery's time.
"""

import json
import re
from functools import cache
from typing import Any

from jsonpath_rw import JSONPath, parse
from localstack.aws.connect import connect_to
from localstack.services.events import target
from localstack.services.events.target import TargetSender
from localstack.services.events.utils import to_json_str
from localstack.utils.aws.arns import sqs_queue_url_for_arn

_STRING_OR_VARIABLE = re.compile(r'"(?:[^"\\]|\\.)*"|<([^<>]+)>')
_VARIABLE = re.compile(r"<([^<>]+)>")

Event = dict[str, Any]


def install() -> None:
    fill_in_text = target.replace_template_placeholders
    process_event = TargetSender.process_event

    def fill_in_any(template: str, values: dict[str, Any]) -> Any:
        if template.strip().startswith("{"):
            return json.loads(fill_in(template, values))
        return fill_in_text(template, values)

    def deliver(sender: TargetSender, event: Event, trace_header: Any) -> None:
        original = {name: value for name, value in event.items() if name != "event-bus-name"}
        try:
            process_event(sender, event, trace_header)
        except Exception as error:
            _keep_undelivered(sender, original, error)
            raise

    target.extract_jsonpath = _extract
    target.replace_template_placeholders = fill_in_any
    TargetSender.process_event = deliver


def fill_in(template: str, values: dict[str, Any]) -> str:
    """A JSON template with its variables replaced, as the documentation has it: objects and lists
    become JSON, strings get the quotes that are missing, and nothing in them is escaped.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """

    def as_json(name: str) -> str:
        value = values.get(name, "")
        return f'"{value}"' if isinstance(value, str) else to_json_str(value)

    def replace(found: re.Match[str]) -> str:
        if found[1]:
            return as_json(found[1])
        # A string of the template, in which there is no place for quotes.
        inner = found[0][1:-1]
        return f'"{_VARIABLE.sub(lambda inside: as_json(inside[1]).replace('"', ""), inner)}"'

    return _STRING_OR_VARIABLE.sub(replace, template)


@cache
def _compiled(path: str) -> JSONPath:
    return parse(path)


def _extract(event: Event, path: str) -> Any:
    found = [match.value for match in _compiled(path).find(event)]
    return found[0] if len(found) == 1 else found


def _keep_undelivered(sender: TargetSender, event: Event, error: Exception) -> None:
    """Send the event as it came to the target's dead-letter queue, if it has one: at once, as AWS
    does when there is no use in repeating.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    queue = (sender.target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    code = "INVALID_JSON" if isinstance(error, json.JSONDecodeError) else "ERROR_FROM_TARGET"
    attributes = {
        "RULE_ARN": sender.rule_arn,
        "TARGET_ARN": sender.arn,
        "ERROR_CODE": code,
        "ERROR_MESSAGE": str(error),
    }
    sqs = connect_to(region_name=sender.region, aws_access_key_id=sender.account_id).sqs
    sqs.send_message(
        QueueUrl=sqs_queue_url_for_arn(queue),
        MessageBody=to_json_str(event),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )
