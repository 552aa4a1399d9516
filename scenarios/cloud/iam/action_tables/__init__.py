"""Which IAM action, on which resource, AWS asks about for each operation, one line each.

A line is `Operation [condition]  action  resource`:

- the condition `+Param` or `-Param` says that the line counts only with, or only without, that parameter;
- the action `=` is the operation's own name, under the service's prefix;
- the resource is `*`, or a kind of `scenarios.cloud.iam.action_arns` with the parameters that fill it. A
  parameter is a path: `.` goes down, `[]` goes through a list, `[+X]` and `[-X]` through those entries that
  have, or lack, X, `{}` takes a map's keys; `=value` stands in for one that is absent, `CALLER` being whoever
  asks.

All lines of an operation count together: AWS asks about each. `unknown(Param)` marks where AWS asks about
something that the parameters alone don't tell.

Source: the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
(one page for each service: "Actions, resources, and condition keys for ...").
"""

from scenarios.cloud.iam.action_tables import compute, identity, messaging, observability, storage

# By botocore's name for the service: the prefix of its actions, and its lines.
TABLES: dict[str, tuple[str, str]] = {
    "s3": ("s3", storage.S3),
    "dynamodb": ("dynamodb", storage.DYNAMODB),
    "secretsmanager": ("secretsmanager", storage.SECRETS_MANAGER),
    "sns": ("sns", messaging.SNS),
    "sqs": ("sqs", messaging.SQS),
    "events": ("events", messaging.EVENTS),
    "kinesis": ("kinesis", messaging.KINESIS),
    "firehose": ("firehose", messaging.FIREHOSE),
    "lambda": ("lambda", compute.LAMBDA),
    "ec2": ("ec2", compute.EC2),
    "ssm": ("ssm", compute.SSM),
    "logs": ("logs", observability.LOGS),
    "cloudwatch": ("cloudwatch", observability.CLOUDWATCH),
    "cloudtrail": ("cloudtrail", observability.CLOUDTRAIL),
    "config": ("config", observability.CONFIG),
    "cloudformation": ("cloudformation", observability.CLOUDFORMATION),
    "iam": ("iam", identity.IAM),
    "sts": ("sts", identity.STS),
    "kms": ("kms", identity.KMS),
    "organizations": ("organizations", identity.ORGANIZATIONS),
}
