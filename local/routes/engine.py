"""Run by LocalStack's own Python: reads patterns and what might pass them, writes what does.

Its rules are EventBridge's and SNS's, except that a wildcard stands for one character or more.
"""

import json
import sys
from typing import Any

from localstack.aws.api.events import InvalidEventPatternException
from localstack.aws.api.sns import InvalidParameterException
from localstack.services.events.event_rule_engine import EventPatternCompiler, EventRuleEngine
from localstack.services.sns.filter import FilterPolicyValidator, SubscriptionFilter


def answer(scope: str, pattern: dict[str, Any], parts: list[Any]) -> list[bool] | str:
    """Which parts pass, or why the pattern is none."""
    try:
        if scope == "Event":
            EventPatternCompiler().compile_event_pattern(pattern)
        else:
            FilterPolicyValidator(scope, is_subscribe_call=True).validate_filter_policy(pattern)
    except (InvalidEventPatternException, InvalidParameterException) as error:
        return str(error)
    return [_passes(scope, pattern, part) for part in parts]


def _passes(scope: str, pattern: dict[str, Any], part: Any) -> bool:
    if scope == "Event":
        return bool(EventRuleEngine().evaluate_pattern_on_event(pattern, part))
    policy = SubscriptionFilter()
    try:
        if scope == "MessageBody":
            return bool(policy.check_filter_policy_on_message_body(pattern, part))
        return bool(policy.check_filter_policy_on_message_attributes(pattern, part))
    except AttributeError:  # a condition on texts met a value that is none
        return False


if __name__ == "__main__":
    json.dump([answer(**question) for question in json.load(sys.stdin)], sys.stdout)
