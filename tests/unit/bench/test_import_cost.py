from local.bench.import_cost import Module, function_modules

TEMPLATE = {
    "Globals": {"Function": {"Layers": [{"Ref": "ServicesLayer"}], "MemorySize": 512}},
    "Resources": {
        "SalesFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"Handler": "sales.consumer.handler"},
        },
        "AuthorizerFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": "authorizer.handler.handler",
                "Layers": [{"Ref": "AuthorizerLayer"}],
            },
        },
        "SalesQueue": {"Type": "AWS::SQS::Queue", "Properties": {}},
    },
}


def test_a_function_has_its_own_layer_or_that_of_all_functions() -> None:
    assert function_modules(TEMPLATE) == {
        "SalesFunction": Module("sales.consumer", "ServicesLayer"),
        "AuthorizerFunction": Module("authorizer.handler", "AuthorizerLayer"),
    }
