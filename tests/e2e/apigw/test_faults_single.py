"""Faults of the services, with one API in front of all functions."""

from tests.e2e.apigw.faults import Faults


class TestFaultsBehindASingleApi(Faults):
    variant = "apigw-single"
