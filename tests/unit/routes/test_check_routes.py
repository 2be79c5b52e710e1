"""`make check-routes` says what is wrong with a template's routes, whatever the template."""

import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.routes.__main__ import main

type Check = Callable[..., tuple[int, str, str]]
"""Takes a template, sample events by name and parameters; gives the status and what is printed."""

ORDERED = {
    "source": "shop.orders",
    "detail-type": "order.placed.v1",
    "detail": {"total": 5, "day": "2026-01-31"},
}
NOTE = {
    "Message": {"kind": "order", "total": 5},
    "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "order"}},
}


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    def run(template: str, events: dict[str, Any], *parameters: str) -> tuple[int, str, str]:
        path = tmp_path / "template.yaml"
        path.write_text(textwrap.dedent(template))
        folder = tmp_path / "events"
        folder.mkdir()
        for name, event in events.items():
            sample = folder / f"{name}.json"
            sample.write_text(event if isinstance(event, str) else json.dumps(event))
        status = main([str(path), str(folder), *parameters])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


BUS = """
    Parameters:
      Waited: {Type: String, Default: order.placed.v}
    Resources:
      Bus: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
      Rule:
        Type: AWS::Events::Rule
        Properties:
          EventBusName: !Ref Bus
          EventPattern: {detail-type: [{prefix: !Ref Waited}]}
          Targets: [{Id: queue, Arn: "arn:aws:sqs:eu-west-1:123456789012:queue"}]
"""
WAITED = "[{prefix: !Ref Waited}]"
TARGETS = 'Targets: [{Id: queue, Arn: "arn:aws:sqs:eu-west-1:123456789012:queue"}]'


def test_all_is_well_where_every_event_reaches_a_rule(check: Check) -> None:
    status, table, faults = check(BUS, {"ordered": ORDERED})

    assert (status, faults) == (0, "")
    assert ["ordered", "yes"] in [line.split() for line in table.splitlines()]


def test_a_rule_that_no_event_matches_is_dead(check: Check) -> None:
    status, _, faults = check(BUS, {"ordered": ORDERED}, "Waited=order.shipped.v")

    assert status == 1
    assert "Rule is dead: no event of bus Bus passes it." in faults


def test_an_event_that_no_rule_matches_is_lost(check: Check) -> None:
    shipped = ORDERED | {"detail-type": "order.shipped.v1"}

    status, table, faults = check(BUS, {"ordered": ORDERED, "shipped": shipped})

    assert status == 1
    assert faults == "shipped is lost: of bus Bus it passes none of Rule.\n"
    assert ["shipped", "-"] in [line.split() for line in table.splitlines()]


def test_a_bus_without_rules_is_heard_by_nobody(check: Check) -> None:
    template = "Resources: {Bus: {Type: AWS::Events::EventBus, Properties: {Name: shop}}}"

    status, _, faults = check(template, {"ordered": ORDERED})

    assert status == 1
    assert faults == "Nobody listens to bus Bus: lost are ordered.\n"


def test_a_topic_without_subscribers_is_heard_by_nobody(check: Check) -> None:
    status, _, faults = check("Resources: {Topic: {Type: AWS::SNS::Topic}}", {"note": NOTE})

    assert status == 1
    assert faults == "Nobody listens to topic Topic: lost are note.\n"


def test_an_event_for_which_there_is_neither_bus_nor_topic_is_told(check: Check) -> None:
    status, _, faults = check(BUS, {"ordered": ORDERED, "note": NOTE})

    assert status == 1
    assert faults == "note is published to no bus or topic.\n"


TOPIC = """
    Resources:
      Topic: {Type: AWS::SNS::Topic}
      All:
        Type: AWS::SNS::Subscription
        Properties: {TopicArn: !Ref Topic, Protocol: sqs}
"""


def subscriptions(*policies: str) -> str:
    return TOPIC + "".join(
        f"""
      Some{number}:
        Type: AWS::SNS::Subscription
        Properties: {{TopicArn: !Ref Topic, Protocol: sqs, {policy}}}
        """
        for number, policy in enumerate(policies)
    )


def test_a_subscription_gets_what_its_filter_lets_pass(check: Check) -> None:
    template = subscriptions(
        "FilterPolicy: {kind: [order]}",
        "FilterPolicyScope: MessageAttributes, FilterPolicy: {kind: [{prefix: ord}]}",
        "FilterPolicyScope: MessageBody, FilterPolicy: {total: [{numeric: ['>', 4]}]}",
        """FilterPolicy: '{"kind": ["order"]}'""",
    )
    status, table, faults = check(template, {"note": NOTE})

    assert (status, faults) == (0, "")
    assert ["note", *["yes"] * 5] in [line.split() for line in table.splitlines()]


def test_a_subscription_whose_filter_lets_nothing_pass_is_dead(check: Check) -> None:
    template = subscriptions(
        "FilterPolicy: {kind: [offer]}",
        "FilterPolicy: {total: [5]}",
        "FilterPolicyScope: MessageBody, FilterPolicy: {total: [{numeric: ['>', 5]}]}",
        "FilterPolicyScope: MessageBody, FilterPolicy: {total: [{prefix: five}]}",
    )
    status, _, faults = check(template, {"note": NOTE})

    assert status == 1
    assert faults.splitlines() == [
        f"Some{number} is dead: no event of topic Topic passes it." for number in range(4)
    ]


def test_a_subscription_within_its_topic_counts(check: Check) -> None:
    template = """
    Resources:
      Topic:
        Type: AWS::SNS::Topic
        Properties: {Subscription: [{Protocol: email, Endpoint: a@example.com}]}
    """
    assert check(template, {"note": NOTE})[0] == 0


def test_rules_and_subscriptions_that_sam_makes_count(check: Check) -> None:
    template = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Topic: {Type: AWS::SNS::Topic}
      Worker:
        Type: AWS::Serverless::Function
        Properties:
          Runtime: python3.13
          Handler: worker.handler
          InlineCode: pass
          Events:
            Notes:
              Type: SNS
              Properties: {Topic: !Ref Topic, FilterPolicy: {kind: [offer]}}
            Orders:
              Type: EventBridgeRule
              Properties: {Pattern: {detail-type: [order.shipped.v1]}}
            Night:
              Type: Schedule
              Properties: {Schedule: rate(1 day)}
      Machine:
        Type: AWS::Serverless::StateMachine
        Properties:
          Definition: {StartAt: Done, States: {Done: {Type: Succeed}}}
          Events:
            Orders:
              Type: CloudWatchEvent
              Properties: {Pattern: {source: [shop.orders]}}
    """
    status, _, faults = check(template, {"ordered": ORDERED, "note": NOTE})

    assert status == 1
    assert faults.splitlines() == [
        "WorkerOrders is dead: no event of bus default passes it.",
        "WorkerNotes is dead: no event of topic Topic passes it.",
        "note is lost: of topic Topic it passes none of WorkerNotes.",
    ]


def test_a_rule_that_is_disabled_hears_nothing(check: Check) -> None:
    disabled = BUS.replace("EventBusName", "State: DISABLED\n          EventBusName")

    status, _, faults = check(disabled, {"ordered": ORDERED})

    assert status == 1
    assert "Nobody listens to bus Bus" in faults


@pytest.mark.parametrize("targets", ["", "Targets: []", "Targets:"])
def test_a_rule_without_a_target_leads_nowhere_and_counts_for_nobody(
    check: Check, targets: str
) -> None:
    status, table, faults = check(BUS.replace(TARGETS, targets), {"ordered": ORDERED})

    assert status == 1
    assert "(no target)" in table
    assert faults.splitlines() == [
        "Rule leads nowhere: it has no Targets.",
        "Nobody listens to bus Bus: lost are ordered.",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "shop",
        "!Select [1, [other, shop]]",
        "!Join ['', [sh, !Select ['0', [op]]]]",
        "!GetAtt Bus.Arn",
        "!Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/shop",
    ],
)
def test_a_bus_is_known_by_its_name_and_its_arn_too(check: Check, name: str) -> None:
    status, _, faults = check(BUS.replace("!Ref Bus", name), {"ordered": ORDERED})

    assert (status, faults) == (0, "")


def test_a_reference_in_a_pattern_stands_in_the_sample_as_it_is_written(check: Check) -> None:
    template = BUS.replace(
        "detail-type: [{prefix: !Ref Waited}]", 'source: [!Sub "${AWS::StackName}.orders"]'
    )
    status, _, faults = check(
        template, {"ordered": ORDERED | {"source": "${AWS::StackName}.orders"}}
    )

    assert (status, faults) == (0, "")


@pytest.mark.parametrize(
    "pattern",
    [
        "{source: [!FindInMap [Sources, !Ref Stage, orders]]}",
        "{source: !FindInMap [Sources, true, all]}",
        "{source: [!Join [., [shop, !Select [1, [returns, orders]]]]]}",
        '{source: [!Sub ["${Shop}.orders", {Shop: !FindInMap [Sources, 123456789012, name]}]]}',
        "{detail: {total: [!FindInMap [Sources, !Ref Stage, total]]}}",
        "{detail: {day: [2026-01-31]}}",
    ],
)
def test_functions_of_known_values_are_resolved(check: Check, pattern: str) -> None:
    template = BUS.replace("{detail-type: [{prefix: !Ref Waited}]}", pattern).replace(
        "Waited: {Type: String, Default: order.placed.v}",
        "Stage: {Type: String, Default: test}",
    )
    mappings = """
    Mappings:
      Sources:
        test: {orders: shop.orders, total: 5}
        true: {all: [shop.orders, shop.returns]}
        123456789012: {name: shop}
    """
    status, _, faults = check(template + mappings, {"ordered": ORDERED})

    assert (status, faults) == (0, "")


def test_a_function_that_no_route_needs_may_stay_unknown(check: Check) -> None:
    described = BUS.replace(
        "EventBusName:",
        'Description: !Sub ["${Zone}", {Zone: !Select [0, !GetAZs ""]}]\n          EventBusName:',
    )
    assert check(described, {"ordered": ORDERED})[0] == 0


@pytest.mark.parametrize("transform", ["", "AWS::Serverless-2016-10-31"])
def test_what_is_left_empty_is_not_there(check: Check, transform: str) -> None:
    template = f"""
    Transform: {transform}
    Parameters:
    Mappings:
    Rules:
    Conditions:
    Resources:
      Queue:
        Type: AWS::SQS::Queue
        Metadata:
      Topic:
        Type: AWS::SNS::Topic
        Metadata:
        Properties:
      Other:
        Type: AWS::SNS::Topic
        Properties:
          Subscription:
      All:
        Type: AWS::SNS::Subscription
        Metadata:
        Properties: {{TopicArn: !Ref Topic, Protocol: sqs}}
    """
    status, _, faults = check(template, {"note": NOTE})

    assert status == 1
    assert faults == "Nobody listens to topic Other: lost are note.\n"


PUBLISHERS = """
    Parameters:
      Shop: {Type: String, Default: small, AllowedValues: [small, big]}
      Size: {Type: Number, Default: 1}
    Conditions:
      Big: !Equals [!Ref Shop, big]
    Resources:
      Near: {Type: AWS::Events::EventBus, Properties: {Name: near}}
      Far: {Type: AWS::Events::EventBus, Properties: {Name: far}}
      NearRule:
        Type: AWS::Events::Rule
        Properties:
          EventBusName: !Ref Near
          EventPattern: {source: [shop.orders]}
          Targets: &targets [{Id: queue, Arn: "arn:aws:sqs:eu-west-1:123456789012:queue"}]
      FarRule:
        Type: AWS::Events::Rule
        Condition: Big
        Properties:
          EventBusName: !Ref Far
          EventPattern: {source: [shop.orders]}
          Targets: *targets
      Orders:
        Type: AWS::SQS::Queue
        Metadata:
          Publishes:
            - {To: !Ref Near, Events: [ordered]}
            - !If [Big, {To: !GetAtt Far.Arn, Events: [ordered]}, !Ref AWS::NoValue]
"""


def test_what_is_declared_is_published_there_and_nowhere_else(check: Check) -> None:
    status, table, faults = check(PUBLISHERS, {"ordered": ORDERED})

    assert (status, faults) == (0, "")
    assert "Shop=small" in table
    assert "Shop=big" in table
    assert "Size" not in table


def test_every_value_of_a_parameter_is_tried(check: Check) -> None:
    deaf = PUBLISHERS.replace("        Condition: Big\n", "")

    status, _, faults = check(deaf, {"ordered": ORDERED})

    assert status == 1
    assert faults == "Shop=small: FarRule is dead: no event of bus Far passes it.\n"


def test_a_given_value_is_the_only_one_tried(check: Check) -> None:
    deaf = PUBLISHERS.replace("        Condition: Big\n", "")

    status, table, _ = check(deaf, {"ordered": ORDERED}, "Shop=big")

    assert status == 0
    assert "Shop=small" not in table


def test_values_that_the_templates_rules_forbid_are_not_tried(check: Check) -> None:
    deaf = PUBLISHERS.replace("        Condition: Big\n", "")
    rules = """
    Rules:
      NoSmallShops:
        RuleCondition: !Not [!Condition Big]
        Assertions: [{Assert: !Contains [[big, huge], !Ref Shop]}]
    """
    assert check(deaf + rules, {"ordered": ORDERED})[0] == 0


def test_a_declared_event_must_be_heard_wherever_it_is_published(check: Check) -> None:
    deaf = PUBLISHERS.replace(
        "!Ref Far\n          EventPattern: {source: [shop.orders]}",
        "!Ref Far\n          EventPattern: {source: [shop.returns]}",
    )
    status, _, faults = check(deaf, {"ordered": ORDERED}, "Shop=big")

    assert status == 1
    assert "ordered is lost: of bus Far it passes none of FarRule." in faults


def test_a_sample_that_nobody_publishes_is_told(check: Check) -> None:
    status, _, faults = check(PUBLISHERS, {"ordered": ORDERED, "returned": ORDERED})

    assert status == 1
    assert faults == "returned is published to no bus or topic.\n"


CONDITIONAL = """
    Parameters:
      Stage: {Type: String, Default: test}
      Partner: {Type: String, Default: ""}
      Use: {Type: String, Default: "false", AllowedValues: ["true", "false"]}
      Many: {Type: Number, Default: 0, AllowedValues: [0, 1]}
      Free: {Type: Number, Default: 0}
      Rate: {Type: String}
    Conditions:
      Some: !Equals [!Ref Use, true]
    Resources:
      Bus: {Type: AWS::Events::EventBus}
      Good:
        Type: AWS::Events::Rule
        Properties:
          EventBusName: !Ref Bus
          EventPattern: {source: [shop.orders]}
          Targets: &targets [{Id: queue, Arn: "arn:aws:sqs:eu-west-1:123456789012:queue"}]
      Dead:
        Type: AWS::Events::Rule
        Condition: Some
        Properties:
          EventBusName: !Ref Bus
          EventPattern: {source: [nobody]}
          Targets: *targets
"""
DEAD = "Dead is dead: no event of bus Bus passes it."


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("!Equals [!Ref Use, true]", "Use=true"),
        ("!Equals [!Ref Many, 1]", "Many=1"),
        ("!And [!Equals [!Ref Use, true], !Equals [1, !Ref Many]]", "Use=true, Many=1"),
        ("!Equals [!Ref Free, 3]", "Free=3"),
        ("!Equals [!Ref Stage, 2026-01-31]", "Stage=2026-01-31"),
    ],
)
def test_a_condition_compares_texts_however_they_are_written(
    check: Check, condition: str, values: str
) -> None:
    template = CONDITIONAL.replace("!Equals [!Ref Use, true]", condition)

    status, _, faults = check(template, {"ordered": ORDERED})

    assert status == 1
    assert faults == f"{values}: {DEAD}\n"


def test_a_default_need_not_be_in_quotation_marks(check: Check) -> None:
    template = BUS.replace("Default: order.placed.v", "Default: true").replace(
        "Waited}]", "Waited}, order]"
    )
    status, _, faults = check(template, {"ordered": ORDERED | {"detail-type": "true.v1"}})

    assert (status, faults) == (0, "")


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("!Equals [!Ref Stage, live]", ["Stage=live"]),
        ("!Not [!Equals [!Ref Partner, '']]", ["Partner=${Partner}"]),
        ("!Equals [!Ref Rate, 5]", ["Rate=5"]),
        ("!Not [!Equals [!Ref Rate, 5]]", ["Rate=${Rate}"]),
        ("!Equals [!Ref AWS::Region, us-east-1]", ["AWS::Region=us-east-1"]),
        ("!Not [!Equals [us-east-1, !Ref AWS::Region]]", ["AWS::Region=${AWS::Region}"]),
        (
            "!Equals [!Ref Stage, !Ref Rate]",
            ["Stage=${Rate}, Rate=${Rate}", "Stage=test, Rate=test"],
        ),
        (
            "!Or [!Equals [!Ref Stage, live], !Equals [!Ref Stage, demo]]",
            ["Stage=live", "Stage=demo"],
        ),
    ],
)
def test_a_parameter_of_any_value_is_tried_with_those_that_conditions_compare_it_with(
    check: Check, condition: str, values: list[str]
) -> None:
    template = CONDITIONAL.replace("!Equals [!Ref Use, true]", condition)

    status, _, faults = check(template, {"ordered": ORDERED})

    assert status == 1
    assert sorted(faults.splitlines()) == sorted(f"{each}: {DEAD}" for each in values)


@pytest.mark.parametrize(
    ("condition", "given"),
    [
        ("!Equals [!Ref Stage, live]", "Stage=demo"),
        ("!Equals [!Ref AWS::Region, us-east-1]", "AWS::Region=eu-west-1"),
        ('!Equals [!Sub "${AWS::Region}.a", us-east-1.a]', "AWS::Region=eu-west-1"),
    ],
)
def test_a_parameter_of_any_value_may_be_given(check: Check, condition: str, given: str) -> None:
    template = CONDITIONAL.replace("!Equals [!Ref Use, true]", condition)

    status, _, faults = check(template, {"ordered": ORDERED}, given)

    assert (status, faults) == (0, "")


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ('!Equals [!Sub "${AWS::Region}.a", us-east-1.a]', "false"),
        ("!Not [!Equals [!Join ['', [!Ref Partner, !Ref Stage]], test]]", "false"),
        ('!Not [!Equals [!Sub "${AWS::Region}.a", us-east-1.a]]', "true"),
    ],
)
def test_a_condition_of_which_one_outcome_alone_was_tried_is_told(
    check: Check, condition: str, outcome: str
) -> None:
    template = CONDITIONAL.replace("!Equals [!Ref Use, true]", condition).replace(
        "nobody", "shop.orders"
    )

    status, _, faults = check(template, {"ordered": ORDERED}, "Use=true")

    assert status == 1
    assert faults == (
        f"Some is {outcome} for all values that were tried: give parameters for which it is not.\n"
    )


def test_a_sample_refers_to_the_parameters_value_that_is_tried(check: Check) -> None:
    template = CONDITIONAL.replace("!Equals [!Ref Use, true]", "!Equals [!Ref Stage, live]")
    staged = template.replace("[shop.orders]", '[!Sub "${Stage}.orders"]').replace(
        "[nobody]", '[!Sub "${Stage}.orders"]'
    )
    status, _, faults = check(staged, {"ordered": ORDERED | {"source": "${Stage}.orders"}})

    assert (status, faults) == (0, "")


def test_what_an_observer_alone_hears_is_lost(check: Check) -> None:
    observed = BUS.replace(
        "Type: AWS::Events::Rule", "Type: AWS::Events::Rule\n        Metadata: {Observer: true}"
    )

    status, _, faults = check(observed, {"ordered": ORDERED})

    assert status == 1
    assert faults == "Nobody listens to bus Bus: lost are ordered.\n"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("Resources: [", "neither YAML nor JSON"),
        ("Outputs: {}", "no Resources"),
        ("Resources: {Queue: {Type: AWS::SQS::Queue}}", "no bus, topic, rule or subscription"),
        ("Resources: {Queue: {}}", "Queue has no Type"),
        (BUS.replace("{prefix: !Ref Waited}", "{prefix: 5}"), "Rule: .*must be a string"),
        (BUS.replace("{detail-type: [{prefix: !Ref Waited}]}", "5"), "no JSON object"),
        (BUS.replace(WAITED, "!Split [',', a]"), 'Rule waits for {"Fn::Split"'),
        (
            BUS.replace(WAITED, "[!FindInMap [Sources, !Ref AWS::Region, orders]]"),
            'Rule waits for {"Fn::FindInMap": .*: write out the value',
        ),
        (
            BUS.replace(WAITED, "[!Join ['', [order., !ImportValue placed]]]"),
            'Rule waits for {"Fn::Join": .*: write out the value',
        ),
        (BUS.replace(WAITED, "[!Select [1, [a]]]"), 'Rule waits for {"Fn::Select"'),
        (
            BUS.replace("!Ref Bus", "!Select [0, !GetAZs '']"),
            r'{"Fn::Select": \[0, .* cannot be resolved here: write out the value',
        ),
        (
            PUBLISHERS.replace("[!Ref Shop, big]", "[!Select [0, !GetAZs ''], big]"),
            r'{"Fn::Select": \[0, .* cannot be resolved here',
        ),
        (
            BUS.replace(
                "Type: AWS::Events::Rule", "Type: AWS::Events::Rule\n        Condition: Missing"
            ),
            "condition Missing cannot be decided",
        ),
        (
            PUBLISHERS.replace("!Ref Shop, big", "!Ref Store, big"),
            "condition Big compares Store, which is no parameter",
        ),
        (
            PUBLISHERS.replace("!Ref Near, Events: [ordered]", "!Ref Nowhere, Events: [ordered]"),
            "Orders publishes to Nowhere, which is no bus or topic",
        ),
        (
            PUBLISHERS.replace("- {To: !Ref Near, Events: [ordered]}", "- ordered"),
            r"not a list of \{To: a bus or a topic, Events:",
        ),
        (
            PUBLISHERS.replace("!Ref Near, Events: [ordered]", "!Ref Near, Events: [lost]"),
            "there is no lost.json",
        ),
    ],
)
def test_a_template_that_is_not_understood_is_refused_with_the_reason(
    check: Check, template: str, reason: str
) -> None:
    status, _, error = check(template, {"ordered": ORDERED})

    assert status == 1
    assert re.search(reason, error), error


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ({}, "no sample events"),
        ({"ordered": "{"}, "ordered.json is not JSON"),
        ({"ordered": {"Source": "shop"}}, "ordered.json is no event: an event has source, "),
        ({"ordered": NOTE}, "ordered is published to bus Near, but an event has source, "),
    ],
)
def test_sample_events_that_are_not_understood_are_refused_with_the_reason(
    check: Check, events: dict[str, Any], reason: str
) -> None:
    status, _, error = check(PUBLISHERS, events)

    assert status == 1
    assert reason in error


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [("Shop=tiny", "Shop may be small, big, and not tiny"), ("Shops=big", "no parameter Shops")],
)
def test_parameters_that_the_template_has_not_are_refused(
    check: Check, parameter: str, reason: str
) -> None:
    status, _, error = check(PUBLISHERS, {"ordered": ORDERED}, parameter)

    assert status == 1
    assert reason in error


def test_a_template_that_is_missing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none.yaml"), str(tmp_path)]) == 1
    assert "none.yaml" in capsys.readouterr().err
