"""This project's own rules for templates, for cfn-lint: `cfn-lint --append-rules house_rules ...`.

cfn-lint hands a SAM template over as the transform makes it, so these are rules for what
CloudFormation knows. A property may be decided by a condition: a rule then holds on every branch.
"""
