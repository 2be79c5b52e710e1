"""What operators are told of a stack."""

from operations.place import Place
from operations.stack import Resource, Stack

KEPT = {"DeletionPolicy": "Retain"}


class CloudFormation:
    """Has a function with a version and a layer, as SAM makes them."""

    def get_template(self, **_: str) -> dict[str, object]:
        return {"TemplateBody": {"Resources": {"Layer": KEPT, "Version": KEPT, "Function": {}}}}


def test_a_version_does_not_outlive_its_function() -> None:
    resources = {
        "Layer": Resource("AWS::Lambda::LayerVersion", "layer:1"),
        "Version": Resource("AWS::Lambda::Version", "function:1"),
        "Function": Resource("AWS::Lambda::Function", "function"),
    }
    account = Place("AWS account 123456789012", "eu-central-1", lambda _: CloudFormation())
    stack = Stack("premiums", account, "CREATE_COMPLETE", {}, {}, resources)

    assert stack.retained() == ["Layer"]
