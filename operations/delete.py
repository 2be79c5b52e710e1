"""Deletes a stack, after it has shown what is lost and what is kept."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from local import stack as local_stack
from local.stack import DeployFailed
from operations.confirm import add_yes, confirmed
from operations.errors import Failed
from operations.queues import count
from operations.sam import sam
from operations.stack import Stack, chosen

_STORES = ("AWS::DSQL::Cluster", "AWS::DynamoDB::Table")


def add_options(parser: ArgumentParser) -> None:
    add_yes(parser)


def run(options: Namespace) -> int:
    stack = chosen(options)
    print(f"{stack.name} in {stack.place.name}\n")
    kept = stack.retained()
    if kept:
        print("Kept until somebody deletes it:")
        for name in kept:
            print(f"    {name:<32}{stack.resources[name].id}")
    print("Lost:", *_lost(stack, kept), sep="\n    ", end="\n\n")
    if not confirmed(options, f"Delete {stack.name}?"):
        return 1
    if stack.place.cloud:
        try:
            local_stack.delete(stack.place.cloud, stack.name)
        except DeployFailed as error:
            raise Failed(str(error)) from error
    else:
        # It deletes what it has uploaded, too.
        arguments = ("--stack-name", stack.name, "--no-prompts")
        sam(stack.place, options.profile, "delete", *arguments)
    return 0


def _lost(stack: Stack, kept: list[str]) -> Iterator[str]:
    yield "functions and their logs, APIs and their addresses, queues"
    for name, resource in sorted(stack.resources.items()):
        if name in kept:
            continue
        if resource.type in _STORES:
            yield f"{name}, and all that is in it"
        elif resource.type == "AWS::SQS::Queue" and (messages := count(stack, name)):
            yield f"the messages in {name}: {messages}"
