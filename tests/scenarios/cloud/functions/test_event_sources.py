"""Queues that functions read: what arrives, when, how often, and what becomes of what fails."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.functions.invocations import Result
from scenarios.cloud.functions.queue_batches import unprocessed
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.faults import PROFILES, Faults
from tests.sample import in_turn
from tests.scenarios.cloud.functions.function_worlds import (
    WRITES_LOGS,
    code,
    function,
    moments,
    outcomes,
    told,
    world,
)
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    admin,
    arn,
    document,
    heard,
    may,
    noted,
    queue,
    rule,
    topic,
)

JOBS = arn("sqs", "Jobs")
READS = may(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
BODIES = "def look(event, context): return [each['body'] for each in event['Records']]"
COUNTS = """
    def look(event, context):
        return [each["attributes"]["ApproximateReceiveCount"] for each in event["Records"]]
"""
WHOLE = "def look(event, context): return event"
FAILS = "def look(event, context): raise ValueError('no such luck')"
REPORTS = """
    def look(event, context):
        bad = [each["messageId"] for each in event["Records"] if each["body"].startswith("bad")]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}
"""
PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def jobs(by="events", **properties):
    """The queue that is read, hiding what was received for 60 s."""
    resources = queue("Jobs", by=by)
    resources["Jobs"]["Properties"] |= {"VisibilityTimeout": 60, **properties}
    return resources


def reads(**properties):
    given = {"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "FunctionName": {"Ref": "look"}}
    return {"Reads": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": given | properties}}


def standing(statements=(WRITES_LOGS, READS), *, queue_says=None, function_says=None, **mapping):
    return {
        **function(statements=statements, **(function_says or {})),
        **jobs(**(queue_says or {})),
        **reads(**mapping),
    }


def dead_letters(received=3):
    target = {"Fn::GetAtt": ["Dead", "Arn"]}
    return {"RedrivePolicy": {"deadLetterTargetArn": target, "maxReceiveCount": received}}


def send(each, *bodies, **more):
    sqs = admin(each, "sqs")
    url = sqs.get_queue_url(QueueName="Jobs")["QueueUrl"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body, **more)


def left(each):
    return each.queues.bodies(JOBS)


# ---- what arrives -------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_message_reaches_the_function_as_sqs_tells_it_and_is_deleted(tmp_path):
    code(tmp_path, WHOLE)
    with world(tmp_path, standing()) as each:
        attributes = {
            "who": {"DataType": "String", "StringValue": "mallory"},
            "key": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        }
        send(each, "{}", MessageAttributes=attributes)
        each.run(5)

        [event] = outcomes(each)
        assert left(each) == []
    [told_of] = event["Records"]
    assert len(told_of.pop("messageId")) == 36
    assert told_of.pop("receiptHandle")
    assert len(told_of.pop("md5OfMessageAttributes")) == 32
    assert told_of.pop("attributes") == {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1772420400000",
        "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
        "ApproximateFirstReceiveTimestamp": "1772420400050",
    }
    assert told_of == {
        "body": "{}",
        "messageAttributes": {
            "who": {
                "stringValue": "mallory",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "key": {
                "binaryValue": "AAE=",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
        "eventSource": "aws:sqs",
        "eventSourceARN": JOBS,
        "awsRegion": "us-east-1",
    }


@pytest.mark.slow
def test_messages_sent_together_come_in_one_batch_and_the_rest_in_the_next(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(BatchSize=2)) as each:
        sqs = admin(each, "sqs")
        url = sqs.get_queue_url(QueueName="Jobs")["QueueUrl"]
        entries = [{"Id": body, "MessageBody": body} for body in "abc"]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
        each.run(5)

        assert outcomes(each) == [["a", "b"], ["c"]]


@pytest.mark.slow
def test_a_topic_reaches_the_function_through_the_queue(tmp_path):
    code(tmp_path, BODIES)
    subscription = {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": "Alerts"},
            "Protocol": "sqs",
            "Endpoint": {"Fn::GetAtt": ["Jobs", "Arn"]},
            "RawMessageDelivery": True,
        },
    }
    resources = {
        **standing(queue_says={"by": "sns"}),
        **topic("events", mail=""),
        "Subscription": subscription,
    }
    with world(tmp_path, resources) as each:
        admin(each, "sns").publish(TopicArn=arn("sns", "Alerts"), Message="look")
        each.run(5)

        assert outcomes(each) == [["look"]]


@pytest.mark.slow
def test_a_rule_reaches_the_function_through_the_queue(tmp_path):
    code(tmp_path, BODIES)
    resources = {
        **standing(),
        **rule(to="Jobs", pattern={"source": ["tests"]}, target={"InputPath": "$.detail"}),
    }
    with world(tmp_path, resources) as each:
        entry = {"Source": "tests", "DetailType": "d", "Detail": '{"n":1}'}
        admin(each, "events").put_events(Entries=[entry])
        each.run(10)

        assert outcomes(each) == [['{"n":1}']]


@pytest.mark.slow
def test_what_lay_in_the_queue_before_is_read_first(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(Enabled=False)) as each:
        send(each, "a")
        each.run(100)
        assert (outcomes(each), left(each)) == ([], ["a"])

        lambdas = admin(each, "lambda")
        [mapping] = lambdas.list_event_source_mappings(EventSourceArn=JOBS)["EventSourceMappings"]
        lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        each.run(5)
        assert outcomes(each) == [["a"]]


def test_a_deleted_mapping_reads_no_more(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing()) as each:
        lambdas = admin(each, "lambda")
        [mapping] = lambdas.list_event_source_mappings(EventSourceArn=JOBS)["EventSourceMappings"]
        lambdas.delete_event_source_mapping(UUID=mapping["UUID"])
        send(each, "a")
        each.run(100)

        assert (outcomes(each), left(each)) == ([], ["a"])


def test_an_empty_queue_wakes_nobody(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing()) as each:
        each.run(1)
        resting = each.clock.pending
        send(each, "a")
        each.run(600)

        assert each.clock.pending == resting


# ---- when it arrives ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("queue_says", "message_says", "at"),
    [
        pytest.param({}, {}, 0.65, id="at once"),
        pytest.param({}, {"DelaySeconds": 90}, 90.6, id="its own delay"),
        pytest.param({"DelaySeconds": 45}, {}, 45.6, id="the queue's delay"),
        pytest.param({"DelaySeconds": 45}, {"DelaySeconds": 0}, 0.65, id="its own counts, even none"),
    ],
)
def test_a_message_is_read_when_its_delay_is_over(tmp_path, queue_says, message_says, at):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(queue_says=queue_says)) as each:
        send(each, "a", **message_says)
        each.run(200)

        assert moments(each, "ran") == [at]


@pytest.mark.slow
def test_a_window_gathers_what_arrives_in_it(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(MaximumBatchingWindowInSeconds=30)) as each:
        send(each, "a")
        each.run(20)
        send(each, "b")
        assert outcomes(each) == []
        each.run(20)
        send(each, "c")
        each.run(40)

        assert outcomes(each) == [["a", "b"], ["c"]]
        assert moments(each, "ran") == [30.65, 70.05]


@pytest.mark.slow
def test_a_whole_batch_does_not_wait_for_its_window(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(MaximumBatchingWindowInSeconds=30, BatchSize=2)) as each:
        send(each, "a", "b", "c")
        each.run(5)
        assert outcomes(each) == [["a", "b"]]

        each.run(40)
        assert outcomes(each) == [["a", "b"], ["c"]]


@pytest.mark.slow
def test_a_window_that_ended_early_does_not_cut_the_next_one_short(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(MaximumBatchingWindowInSeconds=30, BatchSize=2)) as each:
        for body in "abc":
            send(each, body)
            each.run(10)
        each.run(60)

        assert outcomes(each) == [["a", "b"], ["c"]]
        assert moments(each, "ran") == [10.65, 50.05]


@pytest.mark.slow
def test_a_message_that_comes_meanwhile_does_not_wait_for_a_delayed_one(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing()) as each:
        each.run(1)
        resting = each.clock.pending
        send(each, "late", DelaySeconds=100)
        send(each, "now")
        assert each.clock.pending == resting + 1

        each.run(200)
        assert outcomes(each) == [["now"], ["late"]]


@pytest.mark.slow
def test_a_short_window_may_last_a_long_poll(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(MaximumBatchingWindowInSeconds=1)) as each:
        send(each, "a")
        each.run(30)

        [at] = moments(each, "ran")
        assert 1.7 < at <= 20.65


@pytest.mark.slow
def test_a_message_another_reader_took_is_read_when_it_shows_itself(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing()) as each:
        send(each, "a")
        sqs = admin(each, "sqs")
        url = sqs.get_queue_url(QueueName="Jobs")["QueueUrl"]
        [taken] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=500)["Messages"]
        each.run(100)
        assert outcomes(each) == []

        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"], VisibilityTimeout=0)
        each.run(5)
        assert outcomes(each) == [["a"]]


@pytest.mark.slow
def test_what_the_retention_period_has_ended_is_not_read(tmp_path):
    code(tmp_path, FAILS)
    with world(tmp_path, standing(queue_says={"MessageRetentionPeriod": 100})) as each:
        send(each, "a")
        each.run(600)

        assert len(noted(each, "failed")) == 2
        assert left(each) == []


# ---- what fails ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_failed_batch_comes_again_when_its_visibility_timeout_has_run_out(tmp_path):
    code(tmp_path, "tries = []\n\ndef look(event, context):\n    tries.append(1)\n    assert len(tries) == 3")
    with world(tmp_path, standing()) as each:
        send(each, "a")
        each.run(300)

        assert moments(each, "failed") == [0.65, 60.05]
        assert moments(each, "ran") == [120.05]
        assert left(each) == []


@pytest.mark.slow
def test_a_message_received_too_often_goes_to_the_dead_letters(tmp_path):
    code(tmp_path, FAILS)
    resources = {**queue("Dead", by=""), **standing(queue_says=dead_letters(received=3))}
    with world(tmp_path, resources) as each:
        send(each, '"a"')
        each.run(600)

        assert len(noted(each, "failed")) == 3
        assert (left(each), heard(each, "Dead")) == ([], ["a"])
        assert noted(each, "kept") == ["Jobs gave up 1 message; Dead keeps what it was"]


@pytest.mark.slow
def test_a_failure_is_neither_tried_again_at_once_nor_told_to_a_destination(tmp_path):
    code(tmp_path, FAILS)
    config = {
        "FunctionName": {"Ref": "look"},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}},
    }
    resources = {
        **queue("Failures", by=""),
        **standing((WRITES_LOGS, READS, may("sqs:SendMessage"))),
        "Failing": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": config},
    }
    with world(tmp_path, resources) as each:
        send(each, "a")
        each.run(50)

        assert len(noted(each, "failed")) == 1
        assert heard(each, "Failures") == []


@pytest.mark.slow
def test_only_the_messages_reported_as_failed_come_again(tmp_path):
    code(tmp_path, REPORTS)
    resources = {**queue("Dead", by=""), **standing(queue_says=dead_letters(received=2), **PARTIAL)}
    with world(tmp_path, resources) as each:
        send(each, '"good"', "bad", '"fine"')
        each.run(5)
        assert left(each) == ["bad"]

        each.run(600)
        assert len(noted(each, "ran")) == 2
        assert each.queues.bodies(arn("sqs", "Dead")) == ["bad"]


def test_what_is_reported_counts_only_where_the_mapping_says_so(tmp_path):
    code(tmp_path, REPORTS)
    with world(tmp_path, standing()) as each:
        send(each, "bad")
        each.run(5)

        assert left(each) == []


@pytest.mark.parametrize(
    ("answer", "back"),
    [
        pytest.param(None, set(), id="nothing"),
        pytest.param({}, set(), id="an empty object"),
        pytest.param({"batchItemFailures": []}, set(), id="no failures"),
        pytest.param({"batchItemFailures": None}, set(), id="null for failures"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "1"}]}, {"1"}, id="one of two"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": ""}]}, {"1", "2"}, id="an empty id"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": None}]}, {"1", "2"}, id="null for an id"),
        pytest.param({"batchItemFailures": [{"messageId": "1"}]}, {"1", "2"}, id="another key"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "3"}]}, {"1", "2"}, id="an id of no message"),
        pytest.param({"batchItemFailures": "1"}, {"1", "2"}, id="text for failures"),
        pytest.param("done", {"1", "2"}, id="text"),
    ],
)
def test_which_messages_an_answer_sends_back(answer, back):
    assert unprocessed(Result(answer), ["1", "2"], partial=True) == back


@pytest.mark.slow
def test_a_timeout_sends_the_batch_back(tmp_path):
    code(tmp_path, "import time\n\ndef look(event, context): time.sleep(100)")
    with world(tmp_path, standing(function_says={"Timeout": 10})) as each:
        send(each, "a")
        each.run(50)

        assert (moments(each, "failed"), left(each)) == ([10.65], ["a"])


@pytest.mark.slow
def test_a_crash_sends_the_batch_back_once(tmp_path):
    code(tmp_path, "import boto3\n\ndef look(event, context): boto3.client('sts').get_caller_identity()")
    with world(tmp_path, standing(), faults=Faults(name="crash", crash_at=(1, True))) as each:
        send(each, "a")
        each.run(200)

        assert (len(noted(each, "failed")), len(noted(each, "ran"))) == (1, 1)
        assert left(each) == []


@pytest.mark.slow
def test_under_duplicates_a_handled_message_comes_once_more(tmp_path):
    code(tmp_path, COUNTS)
    with world(tmp_path, standing(), faults=Faults(name="duplicates", duplicates=True)) as each:
        send(each, "a")
        each.run(200)

        assert outcomes(each) == [["1"], ["2"]]
        assert left(each) == []


@pytest.mark.slow
def test_the_same_seed_tells_the_same_story(tmp_path):
    code(tmp_path, WHOLE)
    stories = []
    for _ in range(2):
        faults = Faults(name="duplicates", duplicates=True)
        with world(tmp_path, standing(MaximumBatchingWindowInSeconds=2), faults=faults, seed=7) as each:
            send(each, "a", "b")
            each.run(100)
            stories.append([str(moment) for moment in each.setting.trace])

    assert stories[0] == stories[1]
    assert len(stories[0]) > 1


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        pytest.param(standing((WRITES_LOGS,)), "permissions to call ReceiveMessage", id="no reading"),
        pytest.param(
            standing((WRITES_LOGS, may("sqs:ReceiveMessage"))),
            "permissions to call DeleteMessage",
            id="no deleting",
        ),
        pytest.param(
            standing((WRITES_LOGS, may(["sqs:ReceiveMessage", "sqs:DeleteMessage"]))),
            "permissions to call GetQueueAttributes",
            id="no attributes",
        ),
        pytest.param(
            standing(queue_says={"VisibilityTimeout": 29}),
            "Queue visibility timeout: 29 seconds is less than Function timeout: 30 seconds",
            id="hidden for less than the function may run",
        ),
        pytest.param(standing(BatchSize=11), "batch window in seconds must be greater", id="a large batch"),
    ],
)
def test_a_stack_with_such_a_mapping_is_refused(tmp_path, resources, says):
    code(tmp_path, BODIES)
    with pytest.raises(InvalidTemplate, match=says) as refused, world(tmp_path, resources):
        pass
    assert refused.value.where == "Reads (AWS::Lambda::EventSourceMapping)"


def test_what_only_kafka_has_is_not_passed_over(tmp_path):
    with pytest.raises(NotSimulated, match=r"Topics of .*Jobs"), world(tmp_path, standing(Topics=["orders"])):
        pass


def filtered(*patterns):
    return {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(each)} for each in patterns]}}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("patterns", "passes"),
    [
        pytest.param([{"body": {"kind": ["order"]}}], ['{"kind": "order"}'], id="JSON"),
        pytest.param([{"body": ["plain"]}], ["plain"], id="plain text"),
        pytest.param([{"body": [{"prefix": "pl"}]}], ["plain"], id="plain text that begins so"),
        pytest.param(
            [{"body": ["plain"]}, {"body": {"n": [{"numeric": [">", 3]}]}}],
            ["plain", '{"n": 4}'],
            id="either",
        ),
        pytest.param(
            [{"attributes": {"ApproximateReceiveCount": ["1"]}}],
            ["plain", '{"kind": "order"}', '{"n": 4}', "7"],
            id="nothing of the body",
        ),
        pytest.param([{"body": ["7"]}], [], id="text against a number"),
        pytest.param([], ["plain", '{"kind": "order"}', '{"n": 4}', "7"], id="no filter"),
    ],
)
def test_a_filter_says_which_messages_come_and_the_others_are_deleted(tmp_path, patterns, passes):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(**filtered(*patterns))) as each:
        send(each, "plain", '{"kind": "order"}', '{"n": 4}', "7")
        each.run(30)

        assert [body for bodies in outcomes(each) for body in bodies] == passes
        assert left(each) == []


@pytest.mark.slow
def test_what_a_filter_leaves_out_stays_where_the_role_may_not_delete(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(**filtered({"body": ["plain"]}))) as each:
        admin(each, "iam").put_role_policy(
            RoleName="lookRole",
            PolicyName="no",
            PolicyDocument=json.dumps(document({**may("sqs:DeleteMessage"), "Effect": "Deny"})),
        )
        send(each, "other")
        each.run(5)

        assert left(each) == ["other"]


@pytest.mark.parametrize(
    ("patterns", "why"),
    [
        pytest.param([{"body": "plain"}], "Invalid filter pattern definition", id="no pattern"),
        pytest.param([{"body": ["x" * 4096]}], "less than or equal to 4096", id="too long"),
        pytest.param([{"body": ["x"]}] * 11, "maximum of 10 filters", id="too many"),
    ],
)
def test_filters_that_lambda_does_not_take_are_refused(tmp_path, patterns, why):
    code(tmp_path, BODIES)
    with pytest.raises(InvalidTemplate, match=why), world(tmp_path, standing(**filtered(*patterns))):
        pass


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "given", "says"),
    [
        pytest.param((WRITES_LOGS,), {}, "permissions to call ReceiveMessage on SQS", id="no reading"),
        pytest.param(
            (READS,), {"BatchSize": 11}, "batch window in seconds must be greater", id="a large batch"
        ),
        pytest.param((READS,), {"EventSourceArn": arn("sqs", "Nowhere")}, "NonExistentQueue", id="no queue"),
    ],
)
def test_lambda_refuses_to_connect_them(tmp_path, statements, given, says):
    code(tmp_path, BODIES)
    with world(tmp_path, {**function(statements=statements), **jobs()}) as each:
        mapping = {"FunctionName": "look", "EventSourceArn": JOBS, **given}
        with pytest.raises(ClientError, match=says) as refused:
            admin(each, "lambda").create_event_source_mapping(**mapping)

    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


@pytest.mark.slow
def test_a_mapping_made_by_hand_reads_and_a_second_one_is_a_conflict(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, {**function(statements=(READS, WRITES_LOGS)), **jobs()}) as each:
        send(each, "a")
        lambdas = admin(each, "lambda")
        lambdas.create_event_source_mapping(FunctionName="look", EventSourceArn=JOBS)
        each.run(5)
        assert outcomes(each) == [["a"]]

        with pytest.raises(ClientError, match="already exists"):
            lambdas.create_event_source_mapping(FunctionName="look", EventSourceArn=JOBS)


@pytest.mark.slow
def test_a_role_that_lost_its_leave_reads_nothing_until_it_has_it_again(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing()) as each:
        iam = admin(each, "iam")
        iam.delete_role_policy(RoleName="lookRole", PolicyName="p")
        send(each, "a")
        each.run(300)
        assert outcomes(each) == []
        [lost] = noted(each, "lost")
        assert "look does not read Jobs: lookRole may not sqs:ReceiveMessage" in lost

        policy = json.dumps(document(READS, WRITES_LOGS))
        iam.put_role_policy(RoleName="lookRole", PolicyName="p", PolicyDocument=policy)
        each.run(61)
        assert outcomes(each) == [["a"]]


def test_what_may_not_be_deleted_comes_again(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing()) as each:
        policy = json.dumps(document(may("sqs:ReceiveMessage"), WRITES_LOGS))
        admin(each, "iam").put_role_policy(RoleName="lookRole", PolicyName="p", PolicyDocument=policy)
        send(each, "a")
        each.run(100)

        assert outcomes(each) == [["a"], ["a"]]
        assert "lookRole may not sqs:DeleteMessage" in noted(each, "failed")[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "read"),
    [
        pytest.param((), [], id="without the key's leave"),
        pytest.param((may("kms:Decrypt"),), [["a"]], id="with it"),
    ],
)
def test_an_encrypted_queue_asks_its_key(tmp_path, statements, read):
    code(tmp_path, BODIES)
    everyone = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    policy = document({**everyone, "Action": "kms:*", "Resource": "*"})
    key = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}}
    resources = {
        **key,
        **standing((WRITES_LOGS, READS, *statements), queue_says={"KmsMasterKeyId": {"Ref": "Key"}}),
    }
    with world(tmp_path, resources) as each:
        send(each, "a")
        each.run(100)

        assert outcomes(each) == read
        assert [words for words in noted(each, "lost") if "kms:Decrypt" in words] == noted(each, "lost")
        assert told(each) == []


# ---- FIFO ---------------------------------------------------------------------------------------

FIFO = {"QueueName": "Jobs.fifo", "FifoQueue": True, "ContentBasedDeduplication": True}
FAILS_ON_BAD = """
    def look(event, context):
        bodies = [each["body"] for each in event["Records"]]
        if "bad" in bodies and event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1":
            raise ValueError("no such luck")
        return bodies
"""


def send_in_order(each, *messages):
    sqs = admin(each, "sqs")
    url = sqs.get_queue_url(QueueName="Jobs.fifo")["QueueUrl"]
    for group, _, body in (message.partition(":") for message in messages):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group)


@pytest.mark.slow
def test_a_function_is_told_what_a_fifo_queue_says_of_a_message(tmp_path):
    code(tmp_path, WHOLE)
    with world(tmp_path, standing(queue_says=FIFO)) as each:
        send_in_order(each, "a:1")
        each.run(5)
        [event] = outcomes(each)

    attributes = event["Records"][0]["attributes"]
    assert attributes["MessageGroupId"] == "a"
    assert len(attributes["MessageDeduplicationId"]) == 64
    assert len(attributes["SequenceNumber"]) == 20


@pytest.mark.slow
def test_groups_do_not_wait_for_one_another(tmp_path):
    """with-sqs.html: Lambda takes nothing more of a group of which a batch failed until that comes again."""
    code(tmp_path, FAILS_ON_BAD)
    with world(tmp_path, standing(queue_says=FIFO, BatchSize=1)) as each:
        send_in_order(each, "a:bad", "a:2", "b:3", "b:4")
        each.run(30)
        assert outcomes(each) == [["3"], ["4"]]
        each.run(60)

        assert outcomes(each) == [["3"], ["4"], ["bad"], ["2"]]


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_a_fifo_queue_is_handled_in_order_and_once(tmp_path, faults):
    code(tmp_path, BODIES)
    resources = standing(queue_says=FIFO, BatchSize=2)
    with world(tmp_path, resources, faults=PROFILES[faults]) as each:
        send_in_order(each, "a:1", "b:2", "a:3", "a:1", "b:4")
        each.run(120)

        assert outcomes(each) == [["1", "3"], ["2", "4"]]


@pytest.mark.slow
def test_whoever_deletes_what_blocked_a_group_lets_the_function_go_on(tmp_path):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(queue_says=FIFO, Enabled=False)) as each:
        send_in_order(each, "a:1", "a:2")
        sqs = admin(each, "sqs")
        url = sqs.get_queue_url(QueueName="Jobs.fifo")["QueueUrl"]
        [taken] = sqs.receive_message(QueueUrl=url)["Messages"]
        lambdas = admin(each, "lambda")
        [mapping] = lambdas.list_event_source_mappings()["EventSourceMappings"]
        lambdas.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        each.run(5)
        assert outcomes(each) == []

        sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
        each.run(5)
        assert outcomes(each) == [["2"]]


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        ({"BatchSize": 11}, "For FIFO queues, the maximum batch size is 10"),
        ({"MaximumBatchingWindowInSeconds": 1}, "Batching window is not supported for FIFO queues"),
    ],
)
def test_lambda_reads_a_fifo_queue_in_small_batches_and_at_once(tmp_path, mapping, why):
    code(tmp_path, BODIES)
    with pytest.raises(InvalidTemplate, match=why), world(tmp_path, standing(queue_says=FIFO, **mapping)):
        pass
