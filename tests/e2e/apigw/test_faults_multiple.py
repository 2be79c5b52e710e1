"""Faults of the services, each with an API of its own."""

from tests.e2e.apigw.faults import Faults


class TestFaultsBehindAnApiEach(Faults):
    variant = "apigw-multiple"
