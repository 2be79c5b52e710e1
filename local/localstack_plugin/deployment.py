"""CloudFormation looks often whether a resource is ready: LocalStack looks once a second, and each
function of a stack would take that second.
"""

from functools import partialmethod

from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

_LOOK_EVERY_SECONDS = 0.05


def install() -> None:
    ResourceProviderExecutor.deploy_loop = partialmethod(
        ResourceProviderExecutor.deploy_loop, sleep_time=_LOOK_EVERY_SECONDS
    )
