"""Faults of the publish/subscribe pattern over Amazon SNS."""

from tests.e2e.pubsub.faults import Faults


class TestFaultsOverSns(Faults):
    variant = "pubsub-sns"
    stack_name = "faults-sns"
