"""IAM's rows for AWS IoT's rules, and the roles that are passed to them.

Source: https://docs.aws.amazon.com/iot/latest/developerguide/pass-role.html
"""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions

_ROLES = ("sns", "sqs", "dynamoDB", "dynamoDBv2", "republish")
_OF_A_RULE = ("GetTopicRule", "DeleteTopicRule", "EnableTopicRule", "DisableTopicRule")
_LINES = "\n".join(
    (
        *(f"{each} = rule(ruleName)" for each in _OF_A_RULE),
        *(f"{verb}TopicRule = rule(ruleName)" for verb in ("Create", "Replace")),
        *(
            f"{verb}TopicRule iam:PassRole role(topicRulePayload.actions[+{kind}].{kind}.roleArn)"
            for verb in ("Create", "Replace")
            for kind in _ROLES
        ),
        "ListTopicRules = *",
    )
)

PERMISSIONS = Permissions(prefix="iot", denial=REST_JSON, lines=_LINES)
