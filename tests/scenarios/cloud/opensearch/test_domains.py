"""Domains: what a template makes, and who may send them requests; the usual function of a log group does."""

import json

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.firehose.stream_worlds import Index
from tests.scenarios.cloud.functions.function_worlds import WRITES_LOGS, code, function, world
from tests.scenarios.cloud.logs.log_worlds import subscription, write
from tests.scenarios.cloud.small_worlds import admin, arn, document, group, may, permission

DOMAIN = arn("es", "domain/logs")
POSTS = may("es:ESHttpPost", f"{DOMAIN}/*")
# What AWS's console deploys for a subscription to OpenSearch, in Python.
STREAMS_LOGS = """
    import base64, gzip, json, os, urllib.request

    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    def look(event, context):
        told = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
        if told["messageType"] == "CONTROL_MESSAGE":
            return
        lines = []
        for each in told["logEvents"]:
            lines.append(json.dumps({"index": {"_index": "cwl", "_id": each["id"]}}))
            lines.append(json.dumps({"@message": each["message"], "@log_group": told["logGroup"]}))
        url, body = f"https://{os.environ['ENDPOINT']}/_bulk", "\\n".join(lines) + "\\n"
        request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
        if SIGNED:
            SigV4Auth(boto3.Session().get_credentials(), "es", "us-east-1").add_auth(request)
        sent = urllib.request.Request(url, body.encode(), dict(request.headers), method="POST")
        with urllib.request.urlopen(sent, timeout=10) as answer:
            if json.loads(answer.read())["errors"]:
                raise ValueError("not all were indexed")
"""


def domain(**properties):
    given = {"DomainName": "logs", "EngineVersion": "OpenSearch_2.17", **properties}
    return {"Domain": {"Type": "AWS::OpenSearchService::Domain", "Properties": given}}


def streaming(*statements, **properties):
    """A group whose lines a function posts to the domain, under a role that may do this."""
    environment = {"Variables": {"ENDPOINT": {"Fn::GetAtt": ["Domain", "DomainEndpoint"]}}}
    return {
        **group(),
        **domain(**properties),
        **function("look", (WRITES_LOGS, *statements), Environment=environment),
        **permission("logs"),
        **subscription(""),
    }


@pytest.mark.slow
def test_a_domain_has_its_names(tmp_path):
    with world(code(tmp_path, ""), domain(AccessPolicies=document(POSTS | {"Principal": "*"}))) as cloud:
        told = admin(cloud, "opensearch").describe_domain(DomainName="logs")["DomainStatus"]

        found = cloud.home.resources["Domain"].attributes
        assert found["Arn"] == told["ARN"] == DOMAIN
        assert found["DomainEndpoint"] == told["Endpoint"]
        assert json.loads(told["AccessPolicies"])["Statement"][0]["Action"] == "es:ESHttpPost"


LETS_IN = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:role/lookRole"},
    "Action": "es:ESHttpPost",
    "Resource": f"{DOMAIN}/_bulk",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "policy", "reaches"),
    [
        pytest.param((POSTS,), None, True, id="its role may"),
        pytest.param((), LETS_IN, True, id="the domain lets it in"),
        pytest.param((), None, False, id="nobody lets it"),
        pytest.param((may("es:ESHttpPut", f"{DOMAIN}/*"),), None, False, id="another method"),
        pytest.param((may("es:ESHttpPost", arn("es", "domain/others/*")),), None, False, id="another domain"),
        pytest.param((POSTS,), LETS_IN | {"Effect": "Deny"}, False, id="the domain keeps it out"),
    ],
)
def test_a_function_posts_a_logs_lines_if_its_role_may(tmp_path, statements, policy, reaches):
    properties = {"AccessPolicies": document(policy)} if policy else {}
    app = STREAMS_LOGS.replace("SIGNED", "True")
    with world(code(tmp_path, app), streaming(*statements, **properties)) as cloud:
        index = Index(cloud)
        write(cloud, "one", "two")
        cloud.run(20)

        lines = [each["@message"] for _, each in index.taken]
        assert lines == (["one", "two"] if reaches else [])
        assert reaches or "403" in str(printed(cloud))


def printed(cloud):
    logs = admin(cloud, "logs")
    return [each["message"] for each in logs.filter_log_events(logGroupName="/aws/lambda/look")["events"]]


@pytest.mark.slow
def test_a_document_that_is_refused_fails_the_function_which_comes_again(tmp_path):
    app = STREAMS_LOGS.replace("SIGNED", "True")
    with world(code(tmp_path, app), streaming(POSTS)) as cloud:
        index = Index(cloud, [201, 400])
        write(cloud, "one", "two")
        cloud.run(200)

        assert [each["@message"] for _, each in index.taken] == ["one", "one", "two"]


@pytest.mark.slow
def test_a_request_that_is_not_signed_is_turned_away(tmp_path):
    app = STREAMS_LOGS.replace("SIGNED", "False")
    with world(code(tmp_path, app), streaming(POSTS)) as cloud:
        index = Index(cloud)
        write(cloud, "one")
        cloud.run(20)

        assert (index.requests, index.taken) == (0, [])


@pytest.mark.slow
def test_whom_a_policy_lets_in_without_a_signature_is_not_simulated(tmp_path):
    app = STREAMS_LOGS.replace("SIGNED", "False")
    properties = {"AccessPolicies": document(LETS_IN | {"Principal": "*"})}
    with world(code(tmp_path, app), streaming(**properties)) as cloud:
        Index(cloud)
        write(cloud, "one")
        with pytest.raises(NotSimulated, match="not signed"):
            cloud.run(20)
