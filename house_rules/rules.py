"""The rules. Those of functions are in the nine-hundreds, queues from 910, the rest from 920."""

from collections.abc import Iterator
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch  # type: ignore[import-untyped]

from house_rules.reading import Resources, branches, numbers, references, texts

_SIX = 6


class _HouseRule(CloudFormationLintRule):  # type: ignore[misc]
    """A rule that looks at the properties of all resources of one type."""

    source_url = "docs/decisions.md"
    tags = ("house",)
    type: str

    def match(self, cfn: Any) -> list[RuleMatch]:
        self.parameters = cfn.template.get("Parameters", {})
        self.resources: Resources = cfn.template.get("Resources", {})
        return [
            RuleMatch(["Resources", name], f"{name}: {fault}")
            for name, resource in self.of_type(self.type).items()
            for fault in self.faults(name, resource)
        ]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of each resource of this type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource.get("Type") == kind
        }

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        raise NotImplementedError


class FunctionsKeepTheirLogsForATime(_HouseRule):
    id = "E9901"
    shortdesc = "A function logs to a group of the template that has a retention"
    description = "Without one Lambda makes a group that keeps logs for ever"
    type = "AWS::Lambda::Function"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        groups = references(properties.get("LoggingConfig", {}).get("LogGroup"))
        kept = {n for n, g in self.of_type("AWS::Logs::LogGroup").items() if "RetentionInDays" in g}
        if not groups & kept:
            yield "no LoggingConfig with a log group of the template that has RetentionInDays"


class FunctionsHaveRolesOfTheirOwn(_HouseRule):
    id = "E9902"
    shortdesc = "A function has an explicit role that no other has"
    description = "SAM's own roles have managed policies with wildcards"
    type = "AWS::Lambda::Function"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        mine = references(properties.get("Role"))
        if not mine & self.of_type("AWS::IAM::Role").keys():
            yield "its Role is none of the template's"
        others = self.of_type("AWS::Lambda::Function").items()
        for other, function in others:
            if other != name and mine & references(function.get("Role")):
                yield f"its role is that of {other} too"


class RolesNameWhatTheyAllow(_HouseRule):
    id = "E9903"
    shortdesc = "A role has no managed policy, no wildcard action, and names resources"
    description = "X-Ray has no resources to name"
    type = "AWS::IAM::Role"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        if "ManagedPolicyArns" in properties:
            yield "ManagedPolicyArns allow more than the template says"
        for policy in properties.get("Policies", []):
            yield from _wildcards(policy["PolicyDocument"])


class PoliciesNameWhatTheyAllow(_HouseRule):
    id = "E9904"
    shortdesc = "A policy has no wildcard action, and names resources"
    description = RolesNameWhatTheyAllow.description
    type = "AWS::IAM::Policy"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        yield from _wildcards(properties["PolicyDocument"])


def _wildcards(document: dict[str, Any]) -> Iterator[str]:
    for listed in document["Statement"]:
        for statement in branches(listed):
            actions = texts(statement["Action"])
            for action in actions:
                if "*" in action:
                    yield f"{action} is a wildcard action"
            is_tracing = all(action.startswith("xray:") for action in actions)
            if "*" in texts(statement["Resource"]) and not is_tracing:
                yield f"{', '.join(actions)} on every resource"


class QueuesHaveDeadLetterQueues(_HouseRule):
    id = "E9910"
    shortdesc = "A queue has a dead-letter queue, or is one"
    description = "A message that fails for ever must end somewhere, and not at once"
    type = "AWS::SQS::Queue"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        if name in _dead_letter_queues(self.resources):
            return
        policy = properties.get("RedrivePolicy")
        if not policy:
            yield "no RedrivePolicy"
            return
        for branch in branches(policy):
            attempts = min(numbers(branch.get("maxReceiveCount", 0), self.parameters), default=0)
            if attempts < 5:
                yield f"maxReceiveCount may be {attempts:g}: one hiccup is enough below 5"


class QueuesAreWatched(_HouseRule):
    id = "E9911"
    shortdesc = "Dead-letter queues have an alarm on their depth, other queues on their age"
    description = "What nobody looks at is lost too"
    type = "AWS::SQS::Queue"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        is_dead_letter_queue = name in _dead_letter_queues(self.resources)
        depth, age = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
        metric = depth if is_dead_letter_queue else age
        alarms = self.of_type("AWS::CloudWatch::Alarm").values()
        if not any(
            alarm.get("MetricName") == metric and name in references(alarm.get("Dimensions"))
            for alarm in alarms
        ):
            yield f"no alarm on {metric}"


class QueuesAreEncrypted(_HouseRule):
    id = "E9912"
    shortdesc = "A queue is encrypted"
    description = "With SQS's own key or one of KMS"
    type = "AWS::SQS::Queue"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        if not properties.get("SqsManagedSseEnabled") and "KmsMasterKeyId" not in properties:
            yield "neither SqsManagedSseEnabled nor KmsMasterKeyId"


class _TakesTlsOnly(_HouseRule):
    description = "A policy denies everything that comes without TLS"
    policy_type: str

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        for policy in self.of_type(self.policy_type).values():
            for statement in policy["PolicyDocument"]["Statement"]:
                denies = statement["Effect"] == "Deny" and _WITHOUT_TLS in _conditions(statement)
                if denies and name in references(statement["Resource"]):
                    return
        yield f"no {self.policy_type} denies what comes without TLS"


_WITHOUT_TLS = ("Bool", "aws:SecureTransport", "false")


def _conditions(statement: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (operator, key, str(value).lower())
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    }


class QueuesTakeTlsOnly(_TakesTlsOnly):
    id = "E9913"
    shortdesc = "A queue takes requests over TLS only"
    type = "AWS::SQS::Queue"
    policy_type = "AWS::SQS::QueuePolicy"


class TopicsTakeTlsOnly(_TakesTlsOnly):
    id = "E9914"
    shortdesc = "A topic takes requests over TLS only"
    type = "AWS::SNS::Topic"
    policy_type = "AWS::SNS::TopicPolicy"


class MessagesStayHiddenWhileTheyAreWorkedOn(_HouseRule):
    id = "E9915"
    shortdesc = "A queue's visibility time-out is six times its function's time-out"
    description = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
    type = "AWS::Lambda::EventSourceMapping"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        queues = self.of_type("AWS::SQS::Queue")
        functions = self.of_type("AWS::Lambda::Function")
        named = references(properties.get("FunctionName"))
        aliases = self.of_type("AWS::Lambda::Alias")
        named |= {f for a in named & aliases.keys() for f in references(aliases[a]["FunctionName"])}
        for function in named & functions.keys():
            timeout = max(numbers(functions[function].get("Timeout", 3), self.parameters))
            for queue in references(properties.get("EventSourceArn")) & queues.keys():
                hidden = min(numbers(queues[queue].get("VisibilityTimeout", 30), self.parameters))
                if hidden < _SIX * timeout:
                    yield f"{queue} hides messages for {hidden:g} s, {function} takes {timeout:g} s"


class TablesAreEncrypted(_HouseRule):
    id = "E9920"
    shortdesc = "A table is encrypted with a key that the account can see"
    description = "And can be restored to any second of the last weeks"
    type = "AWS::DynamoDB::Table"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        if not properties.get("SSESpecification", {}).get("SSEEnabled"):
            yield "no SSESpecification"
        recovery = properties.get("PointInTimeRecoverySpecification", {})
        if not recovery.get("PointInTimeRecoveryEnabled"):
            yield "no PointInTimeRecoverySpecification"


class AccountsAreNotAStacksBusiness(_HouseRule):
    id = "E9921"
    shortdesc = "No AWS::ApiGateway::Account"
    description = "There is one in a region: a stack that is deleted would end the others' logging"
    type = "AWS::ApiGateway::Account"

    def faults(self, name: str, properties: dict[str, Any]) -> Iterator[str]:
        yield self.description


def _dead_letter_queues(resources: Resources) -> set[str]:
    """Those that queues, subscriptions and rules name as theirs."""
    named: set[str] = set()
    for resource in resources.values():
        properties = resource.get("Properties", {})
        for key in ("RedrivePolicy", "DeadLetterConfig"):
            named |= references(properties.get(key))
        for target in properties.get("Targets", []):
            if isinstance(target, dict):
                named |= references(target.get("DeadLetterConfig"))
    return named
