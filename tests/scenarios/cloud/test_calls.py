import contextlib
import json
import socket

import boto3
import moto.sqs.models as sqs_models
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.kernel.caller import CallerKind
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from tests.scenarios.cloud.small_worlds import ACCOUNT, HOME, admin, bucket, document, may, queue, world

STANDING = {**queue(by=""), **bucket()}


@pytest.fixture
def each():
    with world(STANDING) as standing:
        yield standing


@pytest.fixture
def seen(each):
    calls = []
    each.calls.after_everything(calls.append)
    return calls


# ---- what is told of a call ---------------------------------------------------------------------


@pytest.mark.slow
def test_a_call_is_told_with_its_caller_region_moment_parameters_and_answer(each, seen):
    alice = each.user("alice")
    url = each.client(alice, "sqs").get_queue_url(QueueName="Heard")["QueueUrl"]

    [call] = seen
    assert (call.service, call.operation, call.region) == ("sqs", "GetQueueUrl", HOME)
    assert call.caller == alice
    assert call.moment == each.clock.now
    assert call.parameters == {"QueueName": "Heard"}
    assert call.response == {"QueueUrl": url}
    assert call.error is None


def test_calls_are_numbered_when_they_begin(each):
    ended = []
    sqs = admin(each, "sqs")

    def nested(_):
        admin(each, "sns").list_topics()
        return {"QueueUrls": []}

    each.calls.answer("sqs", "ListQueues", nested)
    each.calls.after_everything(lambda call: ended.append((call.sequence, call.operation)))
    sqs.list_queues()
    sqs.get_queue_url(QueueName="Heard")

    # What a law asks while it answers is its own business.
    assert ended == [(1, "ListQueues"), (2, "GetQueueUrl")]


def test_a_denied_call_is_told_to_those_who_hear_everything_and_to_nobody_else(each, seen):
    succeeded = []
    each.calls.after("sqs", "ListQueues", succeeded.append)
    nobody = each.client(each.user("nobody", policies=()), "sqs")

    with pytest.raises(ClientError):
        nobody.list_queues()

    [call] = seen
    assert call.response is None
    assert call.error[0] == "AccessDenied"
    assert "user/nobody is not authorized to perform: sqs:listqueues" in call.error[1]
    assert succeeded == []


def test_what_the_service_refuses_is_told_with_its_error(each, seen):
    with pytest.raises(ClientError) as caught:
        admin(each, "sqs").get_queue_url(QueueName="Nowhere")

    assert (
        caught.value.response["Error"]["Code"]
        == seen[0].error[0]
        == "AWS.SimpleQueueService.NonExistentQueue"
    )


def test_a_call_that_boto3_never_sends_is_not_told(each, seen):
    with pytest.raises(ParamValidationError):
        admin(each, "sqs").get_queue_url(QueueName=7)

    assert seen == []


@pytest.mark.slow
def test_what_botocore_itself_puts_right_before_it_sends_is_sent(each, seen):
    s3 = admin(each, "s3")
    s3.put_object(Bucket="tw-logs", Key="a", Body=b"")
    s3.copy_object(Bucket="tw-logs", Key="b", CopySource={"Bucket": "tw-logs", "Key": "a"})

    assert [call.operation for call in seen] == ["PutObject", "CopyObject"]


@pytest.mark.slow
def test_resources_and_paginators_go_through_as_well(each, seen):
    s3 = admin(each, "s3")
    s3.put_object(Bucket="tw-logs", Key="a", Body=b"")
    list(s3.get_paginator("list_objects_v2").paginate(Bucket="tw-logs"))

    assert [call.operation for call in seen] == ["PutObject", "ListObjectsV2"]


# ---- who calls ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_users", "InvalidClientTokenId"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("sqs", "list_queues", "UnrecognizedClientException"),
    ],
)
def test_a_key_that_belongs_to_nobody_signs_nothing(each, seen, service, operation, code):
    stranger = boto3.client(service, HOME, aws_access_key_id="AKIASTRANGER", aws_secret_access_key="x")

    with pytest.raises(ClientError) as caught:
        getattr(stranger, operation)()
    assert caught.value.response["Error"]["Code"] == code
    assert seen == []


def test_muted_calls_reach_moto_and_nobody_hears_of_them(each, seen):
    with each.calls.muted():
        created = each.client(each.user("nobody", policies=()), "sqs").create_queue(QueueName="Made")

    assert created["QueueUrl"].endswith("/Made")
    assert seen == []


def test_a_muted_call_reads_what_only_a_law_knows(each):
    client = each.client(each.user("alice"), "cloudwatch")
    client.put_metric_data(Namespace="tw", MetricData=[{"MetricName": "m", "Value": 1}])

    with each.calls.muted():
        assert [found["MetricName"] for found in client.list_metrics()["Metrics"]] == ["m"]


def test_a_law_that_asks_moto_the_same_is_not_asked_itself(each):
    client = each.client(each.user("alice"), "sqs")
    each.calls.answer(
        "sqs", "ListQueues", lambda _: {"QueueUrls": [*client.list_queues().get("QueueUrls", ()), "x"]}
    )

    asked = client.list_queues()["QueueUrls"]
    with each.calls.muted():
        muted = client.list_queues()["QueueUrls"]
    assert (asked[-1], asked.count("x")) == ("x", 1)
    assert muted == asked


def test_what_a_law_does_when_it_hears_of_a_call_is_muted(each):
    heard = []

    def after(call):
        heard.append(call.operation)
        admin(each, "sqs").list_queues()

    each.calls.after_everything(after)
    admin(each, "sns").list_topics()

    assert heard == ["ListTopics"]


# ---- answers, checks, consequences --------------------------------------------------------------


def test_a_law_can_answer_in_motos_place(each, seen):
    asked = []
    each.calls.answer("sqs", "ListQueues", lambda ask: asked.append(ask) or {"QueueUrls": ["https://here"]})

    answer = admin(each, "sqs", "eu-west-1").list_queues(QueueNamePrefix="h")

    assert answer["QueueUrls"] == ["https://here"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert asked[0].parameters == {"QueueNamePrefix": "h"}
    assert asked[0].region == "eu-west-1"
    assert asked[0].caller.kind is CallerKind.IAM_USER
    assert seen[0].response == {"QueueUrls": ["https://here"]}


def test_a_law_is_asked_with_the_names_that_botocore_sends(each):
    asked = []
    each.calls.answer(
        "logs", "CreateExportTask", lambda call: asked.append(call.parameters) or {"taskId": "1"}
    )

    admin(each, "logs").create_export_task(logGroupName="g", fromTime=1, to=2, destination="b")

    assert asked == [{"logGroupName": "g", "from": 1, "to": 2, "destination": "b"}]


@pytest.mark.slow
def test_a_law_is_asked_with_a_tables_items_as_they_are_sent(each):
    asked = []
    each.calls.answer("dynamodb", "PutItem", lambda call: asked.append(call.parameters) or {})

    each.session(each.user("ann")).resource("dynamodb").Table("orders").put_item(Item={"id": "a", "count": 3})

    assert asked == [{"TableName": "orders", "Item": {"id": {"S": "a"}, "count": {"N": "3"}}}]


@pytest.mark.slow
def test_an_error_of_sqs_is_of_the_clients_own_class_under_its_old_code(each):
    sqs = admin(each, "sqs")

    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as raised:
        sqs.get_queue_url(QueueName="nowhere")

    error = raised.value.response["Error"]
    assert (error["Code"], error["QueryErrorCode"]) == (
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    )


def test_a_law_is_not_asked_what_boto3_would_not_send(each):
    asked = []
    each.calls.answer("sqs", "GetQueueUrl", asked.append)

    with pytest.raises(ParamValidationError, match="QueueName"):
        admin(each, "sqs").get_queue_url(QueueName=7)

    assert asked == []


def test_a_law_is_not_asked_what_the_caller_may_not(each):
    asked = []
    each.calls.answer("sqs", "ListQueues", asked.append)
    each.calls.check("sqs", "ListQueues", asked.append)

    with pytest.raises(ClientError):
        each.client(each.user("nobody", policies=()), "sqs").list_queues()

    assert asked == []


@pytest.mark.parametrize("place", ["answer", "check"])
def test_a_law_refuses_with_the_code_words_and_class_of_the_service(each, seen, place):
    def refuse(_):
        raise Refused("QueueDoesNotExist", "it is gone", 404)

    getattr(each.calls, place)("sqs", "GetQueueUrl", refuse)
    sqs = admin(each, "sqs")

    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as caught:
        sqs.get_queue_url(QueueName="Heard")

    assert caught.value.response["Error"] == {"Code": "QueueDoesNotExist", "Message": "it is gone"}
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert caught.value.operation_name == "GetQueueUrl"
    assert seen[0].error == ("QueueDoesNotExist", "it is gone")


def test_a_check_looks_before_moto_acts(each):
    before = []
    each.calls.check(
        "sqs", "CreateQueue", lambda _: before.append(admin(each, "sqs").list_queues()["QueueUrls"])
    )

    admin(each, "sqs").create_queue(QueueName="Made")

    assert [url.rpartition("/")[2] for [url] in before] == ["Heard"]


def test_consequences_come_after_the_act_in_the_order_they_were_asked_for(each):
    log = []
    for name in "ab":
        each.calls.after("sqs", "CreateQueue", lambda call, name=name: log.append((name, call.operation)))

    admin(each, "sqs").create_queue(QueueName="Made")

    assert log == [("a", "CreateQueue"), ("b", "CreateQueue")]


@pytest.mark.parametrize("name", ["Heard", "Nowhere"], ids=["it succeeds", "it fails"])
def test_something_can_stand_before_and_behind_every_call(each, name):
    log = []
    each.calls.around(lambda caller: log.append(("before", caller.name)), lambda _: log.append("behind"))
    each.calls.after_everything(lambda call: log.append(call.operation))

    try:
        admin(each, "sqs").get_queue_url(QueueName=name)
    except ClientError:
        log.append("raised")

    assert log == [("before", "alice"), "GetQueueUrl", "behind", *(["raised"] if name == "Nowhere" else [])]


# ---- what isn't simulated -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        pytest.param(
            "ec2", "monitor_instances", {"InstanceIds": ["i-1"]}, id="moto raises NotImplementedError"
        ),
        pytest.param("artifact", "get_account_settings", {}, id="moto answers Not yet implemented"),
    ],
)
def test_what_moto_does_not_do_is_loud_in_either_of_its_ways(each, seen, service, operation, parameters):
    with pytest.raises(NotSimulated), each.calls.muted():
        getattr(admin(each, service), operation)(**parameters)

    assert seen == []


def test_a_hole_in_the_simulation_passes_through_except_exception(each):
    each.calls.answer("sqs", "ListQueues", lambda _: (_ for _ in ()).throw(NotSimulated("sqs", "it")))
    with pytest.raises(NotSimulated), contextlib.suppress(Exception):
        admin(each, "sqs").list_queues()


def test_a_world_used_wrongly_passes_through_except_exception(each):
    each.calls.answer("sqs", "ListQueues", lambda _: socket.create_connection(("192.0.2.1", 80)))
    with pytest.raises(WorldError, match="asked for the address"), contextlib.suppress(Exception):
        admin(each, "sqs").list_queues()


def test_what_moto_stumbles_over_is_a_hole(each, monkeypatch):
    monkeypatch.setattr(sqs_models.SQSBackend, "list_queues", lambda *_: sqs_models.SQSBackend.no_such_thing)
    with pytest.raises(NotSimulated, match=r"ListQueues with these parameters .moto: AttributeError"):
        admin(each, "sqs").list_queues()


@pytest.mark.slow
def test_what_moto_writes_that_xml_cannot_hold_is_a_hole(each):
    with pytest.raises(NotSimulated, match="ResponseParserError"):
        admin(each, "ec2").describe_instances(InstanceIds=["\x01"])


def test_a_crash_of_a_law_is_no_hole(each):
    each.calls.answer("sqs", "ListQueues", lambda _: {}["nothing"])
    with pytest.raises(KeyError):
        admin(each, "sqs").list_queues()


def test_a_stored_policy_that_aws_would_not_have_stored_is_a_hole(each):
    trusts = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    admin(each, "iam").create_role(RoleName="odd", AssumeRolePolicyDocument=json.dumps(document(trusts)))
    moto_iam.role(ACCOUNT, "odd").assume_role_policy_document = json.dumps({"source": []})
    with pytest.raises(NotSimulated, match="would not have stored"):
        admin(each, "sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/odd", RoleSessionName="odd")


def test_a_call_that_nobody_signs_is_a_hole(each):
    unsigned = boto3.client("s3", region_name=HOME, config=Config(signature_version=UNSIGNED))
    with pytest.raises(NotSimulated, match="GetObject by somebody without credentials"):
        unsigned.get_object(Bucket="tw-logs", Key="a")


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_identity_policy_counts_for_its_resource(each):
    policy = document(may("sqs:SendMessage", f"arn:aws:sqs:{HOME}:{ACCOUNT}:Heard"))
    sender = each.client(each.user("sender", policies=(policy,)), "sqs")
    with each.calls.muted():
        urls = {name: sender.create_queue(QueueName=name)["QueueUrl"] for name in ("Heard", "Other")}

    sender.send_message(QueueUrl=urls["Heard"], MessageBody="{}")
    with pytest.raises(ClientError, match="sqs:sendmessage"):
        sender.send_message(QueueUrl=urls["Other"], MessageBody="{}")


def test_leaving_gives_boto3_its_own_way_back():
    from botocore.client import BaseClient

    before = BaseClient._make_api_call
    with world(STANDING):
        assert BaseClient._make_api_call is not before

    assert BaseClient._make_api_call is before
