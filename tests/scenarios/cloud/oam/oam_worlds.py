"""A monitoring account with a sink, and a source account that links to it."""

import json

from tests.scenarios.cloud.small_worlds import admin, document

SOURCE = "999999999999"
LOG_GROUP, METRIC = "AWS::Logs::LogGroup", "AWS::CloudWatch::Metric"


def lets_link(*accounts, types=None, action=("oam:CreateLink", "oam:UpdateLink")):
    """A sink's policy as AWS's page prints it; `types`: what may be shared at most."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": list(accounts)},
        "Action": list(action),
        "Resource": "*",
    }
    if types:
        statement["Condition"] = {"ForAllValues:StringEquals": {"oam:ResourceTypes": types}}
    return document(statement)


def sink(cloud, policy=None):
    """The ARN of a sink of the world's own account."""
    oam = admin(cloud, "oam")
    made = oam.create_sink(Name="central")["Arn"]
    if policy:
        oam.put_sink_policy(SinkIdentifier=made, Policy=json.dumps(policy))
    return made


def source(cloud, account=SOURCE, **more):
    """An administrator of a source account, unless `policies` say otherwise."""
    return cloud.user("ops", account=account, **more)


def link(cloud, by, to, types=(LOG_GROUP,), **more):
    """What CreateLink answers to a user of a source account."""
    return cloud.client(by, "oam").create_link(
        LabelTemplate="$AccountName", ResourceTypes=list(types), SinkIdentifier=to, **more
    )


def linked(cloud, **more):
    """A source account's administrator, with the account linked to the world's own."""
    other = source(cloud)
    return other, link(cloud, other, sink(cloud, lets_link(SOURCE)), **more)["Arn"]
