"""Grants with a wildcard, and grants that no test makes a function use: why they are there."""

_BY_CODE_DEPLOY = (
    "AWS CodeDeploy's, for gradual deployments on AWS, of what begins with the stack's name"
)

JUSTIFIED = {
    "DeploymentRole: lambda:GetAlias on function:${AWS::StackName}-*": _BY_CODE_DEPLOY,
    "DeploymentRole: lambda:UpdateAlias on function:${AWS::StackName}-*": _BY_CODE_DEPLOY,
    "DeploymentRole: lambda:GetProvisionedConcurrencyConfig on function:${AWS::StackName}-*": (
        _BY_CODE_DEPLOY
    ),
    "DeploymentRole: cloudwatch:DescribeAlarms on alarm:${AWS::StackName}-*": _BY_CODE_DEPLOY,
}
