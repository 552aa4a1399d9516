"""FIFO queues: order within a group, what is sent twice counts once, and a receive can be asked for again."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.deliveries import Message
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    HOME,
    admin,
    arn,
    function,
    heard,
    may,
    noted,
    queue,
    role,
    rule,
    total,
    world,
)

ORDERS = arn("sqs", "orders.fifo")
URL = f"https://sqs.{HOME}.amazonaws.com/{ACCOUNT}/orders.fifo"
SEEN = ("MessageGroupId", "MessageDeduplicationId", "SequenceNumber", "ApproximateReceiveCount")


def orders(by="", **properties):
    resources = queue("Orders", by=by)
    resources["Orders"]["Properties"] = {"QueueName": "orders.fifo", "FifoQueue": True, **properties}
    return resources


BY_CONTENT = {"ContentBasedDeduplication": True}
HIGH_THROUGHPUT = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}


def send(each, *messages, **more):
    """Send `group:body` one after the other; each body is its deduplication id too, unless `more` says."""
    sqs = admin(each, "sqs")
    answers = []
    for group, _, body in (message.partition(":") for message in messages):
        given = {"MessageDeduplicationId": body, **more}
        given = {name: value for name, value in given.items() if value}
        answers.append(sqs.send_message(QueueUrl=URL, MessageBody=body, MessageGroupId=group, **given))
    return answers


def receive(each, most=10, **more):
    answer = admin(each, "sqs").receive_message(QueueUrl=URL, MaxNumberOfMessages=most, **more)
    return answer.get("Messages", [])


def bodies(messages):
    return [message["Body"] for message in messages]


def delete(each, *messages):
    for message in messages:
        admin(each, "sqs").delete_message(QueueUrl=URL, ReceiptHandle=message["ReceiptHandle"])


# ---- order --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_group_comes_in_its_order_and_as_much_of_it_as_may():
    with world(orders()) as each:
        send(each, "a:1", "b:2", "a:3", "c:4", "a:5")

        assert bodies(receive(each, 4)) == ["1", "3", "5", "2"]


@pytest.mark.slow
def test_a_group_of_which_something_is_in_flight_gives_nothing_more():
    """FIFO-queues-understanding-logic.html: no more of a group until what was received is gone or visible."""
    with world(orders()) as each:
        send(each, "a:1", "a:2", "b:3")
        [first] = receive(each, 1)

        assert bodies(receive(each)) == ["3"]
        delete(each, first)
        assert bodies(receive(each)) == ["2"]


@pytest.mark.slow
def test_what_comes_back_comes_in_its_order_again():
    with world(orders()) as each:
        send(each, "a:1", "a:2", "a:3")
        assert bodies(receive(each, 2)) == ["1", "2"]
        each.run(31)

        assert bodies(receive(each)) == ["1", "2", "3"]


@pytest.mark.slow
def test_one_message_that_stays_hidden_holds_its_group_back():
    with world(orders()) as each:
        send(each, "a:1", "a:2", "a:3")
        first, _ = receive(each, 2)
        admin(each, "sqs").change_message_visibility(
            QueueUrl=URL, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=120
        )
        each.run(31)

        assert receive(each) == []
        assert bodies(receive(each, WaitTimeSeconds=20)) == []
        each.run(90)
        assert bodies(receive(each)) == ["1", "2", "3"]


def test_the_queues_delay_is_the_only_one():
    with world(orders(DelaySeconds=10)) as each:
        send(each, "a:1")

        assert receive(each) == []
        assert bodies(receive(each, WaitTimeSeconds=20)) == ["1"]
        with pytest.raises(ClientError, match="not valid for this queue type"):
            send(each, "a:2", DelaySeconds=5)


@pytest.mark.slow
def test_numbers_grow_within_a_group():
    with world(orders()) as each:
        told = [each["SequenceNumber"] for each in send(each, "a:1", "a:2", "b:3")]
        received = receive(each, MessageSystemAttributeNames=["All"])

    assert [len(number) for number in told] == [20, 20, 20]
    assert sorted(told) == told
    assert {name: received[0]["Attributes"][name] for name in SEEN} == {
        "MessageGroupId": "a",
        "MessageDeduplicationId": "1",
        "SequenceNumber": told[0],
        "ApproximateReceiveCount": "1",
    }


# ---- once ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_id_within_five_minutes_counts_once_even_after_its_deletion():
    """FIFO-key-terms.html: SQS tracks the id even after the message has been received and deleted."""
    with world(orders()) as each:
        [first] = send(each, "a:1")
        delete(each, *receive(each))
        each.run(299)
        [again] = send(each, "a:1")

        assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
        assert receive(each) == []
        each.run(2)
        send(each, "a:1")
        assert bodies(receive(each)) == ["1"]


@pytest.mark.slow
def test_the_same_content_counts_once_where_the_queue_looks_at_it():
    with world(orders(**BY_CONTENT)) as each:
        send(each, "a:same", "b:same", "a:other", MessageDeduplicationId=None)

        assert bodies(receive(each)) == ["same", "other"]


def test_an_id_of_its_own_counts_before_the_content():
    with world(orders(**BY_CONTENT)) as each:
        send(each, "a:same", MessageDeduplicationId="one")
        send(each, "a:same", MessageDeduplicationId="two")

        assert bodies(receive(each)) == ["same", "same"]


@pytest.mark.slow
def test_with_high_throughput_an_id_counts_in_its_group():
    with world(orders(**HIGH_THROUGHPUT)) as each:
        send(each, "a:1", "b:1", "a:1")

        assert bodies(receive(each)) == ["1", "1"]


def test_what_was_sent_twice_is_counted_apart():
    with world(orders()) as each:
        send(each, "a:1", "a:1", "a:2")
        receive(each, 1)
        each.run(90)
        found = {
            name: total(each, "AWS/SQS", name, QueueName="orders.fifo")
            for name in ("NumberOfMessagesSent", "NumberOfDeduplicatedSentMessages")
        }

    assert found == {"NumberOfMessagesSent": 2, "NumberOfDeduplicatedSentMessages": 1}


# ---- attempts -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_receive_can_be_asked_for_again():
    """API_ReceiveMessage.html: the same messages and receipt handles, and their timeout begins anew."""
    with world(orders()) as each:
        send(each, "a:1", "b:2")
        first = receive(each, ReceiveRequestAttemptId="one")
        each.run(20)
        again = receive(each, ReceiveRequestAttemptId="one", WaitTimeSeconds=20)

        assert [each["ReceiptHandle"] for each in again] == [each["ReceiptHandle"] for each in first]
        each.run(20)
        assert receive(each) == []


@pytest.mark.parametrize("change", ["deleted", "hidden longer"])
def test_a_receive_of_which_something_changed_is_a_new_one(change):
    with world(orders()) as each:
        send(each, "a:1", "b:2")
        first, _ = receive(each, ReceiveRequestAttemptId="one")
        if change == "deleted":
            delete(each, first)
        else:
            admin(each, "sqs").change_message_visibility(
                QueueUrl=URL, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=60
            )

        assert receive(each, ReceiveRequestAttemptId="one") == []


@pytest.mark.slow
def test_an_expired_receipt_deletes_nothing():
    with world(orders()) as each:
        send(each, "a:1", "b:2")
        first, second = receive(each)
        each.run(31)
        with pytest.raises(ClientError, match="The receipt handle has expired"):
            delete(each, first)
        entries = [{"Id": "x", "ReceiptHandle": second["ReceiptHandle"]}]
        answer = admin(each, "sqs").delete_message_batch(QueueUrl=URL, Entries=entries)

        assert answer["Failed"][0]["Code"] == "InvalidParameterValue"
        assert bodies(receive(each)) == ["1", "2"]


# ---- dead letters -------------------------------------------------------------------------------


def dead(name="dead.fifo"):
    fifo = {"FifoQueue": True} if name.endswith(".fifo") else {}
    return {"Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **fifo}}}


REDRIVE = {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}}


@pytest.mark.slow
def test_a_dead_letter_frees_its_group_and_keeps_its_order():
    with world({**dead(), **orders(**REDRIVE)}) as each:
        send(each, "a:1", "a:2")
        receive(each, 1)
        each.run(31)

        assert bodies(receive(each)) == ["2"]
        url = URL.replace("orders", "dead")
        answer = admin(each, "sqs").receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
        [message] = answer["Messages"]
        assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ("1", "a")
        assert message["Attributes"]["DeadLetterQueueSourceArn"] == ORDERS
        moved = int(message["Attributes"]["SentTimestamp"]) / 1000 - each.deployment.start.timestamp()
        assert moved == 31  # sqs-dead-letter-queues.html: a FIFO queue's timestamp begins anew


# ---- others that send ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"group": "g", "deduplication": "1"}, ""),
        ({"deduplication": "1"}, "The request must contain the parameter MessageGroupId."),
        ({"group": "g"}, "ContentBasedDeduplication"),
    ],
)
def test_a_service_needs_what_the_queue_asks_of_everybody(given, why):
    with world(orders(by="events")) as each:
        message = Message(body="m", **given)
        refusal = each.setting.deliveries.hand_over(ORDERS, message, by="events.amazonaws.com")

        assert why in (refusal.because if refusal else "")
        assert each.queues.bodies(ORDERS) == ([] if why else ["m"])


@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_a_rule_puts_its_events_into_a_group_once_each(faults):
    """API_SqsParameters.html: the queue must have content-based deduplication enabled."""
    target = {"SqsParameters": {"MessageGroupId": "all"}, "InputPath": "$.detail"}
    resources = {
        **orders(by="events", **BY_CONTENT),
        **rule(to="Orders", pattern={"source": ["shop"]}, target=target),
    }
    with world(resources, faults=PROFILES[faults]) as each:
        entries = [{"Source": "shop", "DetailType": "d", "Detail": json.dumps({"n": n})} for n in range(3)]
        admin(each, "events").put_events(Entries=entries)
        each.run(120)

        assert sorted(each.queues.bodies(ORDERS)) == ['{"n":0}', '{"n":1}', '{"n":2}']


def test_a_rule_whose_queue_tells_no_two_events_apart_keeps_them_as_dead_letters():
    target = {
        "SqsParameters": {"MessageGroupId": "all"},
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Heard", "Arn"]}},
    }
    resources = {
        **queue(),
        **orders(by="events"),
        **rule(to="Orders", pattern={"source": ["shop"]}, target=target),
    }
    with world(resources) as each:
        entry = {"Source": "shop", "DetailType": "d", "Detail": "{}"}
        admin(each, "events").put_events(Entries=[entry])
        each.run(10)

        assert (each.queues.bodies(ORDERS), len(heard(each))) == ([], 1)
        assert each.queues.attributes(arn("sqs", "Heard"))[0]["ERROR_CODE"] == "SDK_CLIENT_ERROR"


def test_a_schedule_sends_to_a_group():
    schedule = {
        "ScheduleExpression": "rate(1 minute)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": {"Fn::GetAtt": ["Orders", "Arn"]},
            "RoleArn": {"Fn::GetAtt": ["beats", "Arn"]},
            "Input": "tick <aws.scheduler.scheduled-time>",
            "SqsParameters": {"MessageGroupId": "ticks"},
        },
    }
    resources = {
        **orders(**BY_CONTENT),
        **role("beats", "scheduler", may("sqs:SendMessage")),
        "Beat": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule},
    }
    with world(resources) as each:
        each.run(150)
        told = each.queues.bodies(ORDERS)

    assert told == ["tick 2026-03-02T03:01:00Z", "tick 2026-03-02T03:02:00Z"]


def test_lambda_tells_no_fifo_queue_of_what_failed():
    """invocation-async-retain-records.html: a FIFO queue is an unsupported destination, and counted so."""
    resources = {**orders(**BY_CONTENT), **function()}
    target = {"Destination": {"Fn::GetAtt": ["Orders", "Arn"]}}
    resources["lookFailing"]["Properties"]["DestinationConfig"]["OnFailure"] = target
    with world(resources) as each:
        each.functions.accept(arn("lambda", "function:look"), {})
        each.run(60)

        assert each.queues.bodies(ORDERS) == []
        assert total(each, "AWS/Lambda", "DestinationDeliveryFailures", FunctionName="look") == 1


# ---- what is refused ----------------------------------------------------------------------------

GROUP = {"MessageGroupId": "g"}


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        ({}, "MissingParameter", "must contain the parameter MessageGroupId"),
        (GROUP, "InvalidParameterValue", "ContentBasedDeduplication enabled or MessageDeduplicationId"),
        ({**GROUP, "MessageDeduplicationId": "a b"}, "InvalidParameterValue", "1 to 128 in length"),
        ({"MessageGroupId": "g" * 129, "MessageDeduplicationId": "1"}, "InvalidParameterValue", "1 to 128"),
    ],
)
def test_a_message_without_its_ids_is_refused_alone_and_in_a_batch(given, code, why):
    with world(orders()) as each:
        sqs = admin(each, "sqs")
        with pytest.raises(ClientError, match=why) as refused:
            sqs.send_message(QueueUrl=URL, MessageBody="m", **given)
        assert refused.value.response["Error"]["Code"] == code
        good = {"Id": "good", "MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "good"}
        answer = sqs.send_message_batch(
            QueueUrl=URL, Entries=[good, {"Id": "bad", "MessageBody": "m", **given}]
        )

        assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
        assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("bad", code)]
        assert each.queues.bodies(ORDERS) == ["m"]


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("send_message", {"MessageBody": "m", "MessageDeduplicationId": "1"}),
        ("receive_message", {"ReceiveRequestAttemptId": "1"}),
    ],
)
def test_a_standard_queue_does_not_know_these(operation, given):
    with world(queue()) as each, pytest.raises(ClientError, match="not valid for this queue type"):
        getattr(admin(each, "sqs"), operation)(QueueUrl=URL.replace("orders.fifo", "Heard"), **given)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"FifoQueue": "false"}, "Modifying queue type is not supported"),
        ({"FifoThroughputLimit": "perMessageGroupId"}, "allowed only when"),
        ({"DeduplicationScope": "topic"}, "Invalid value for the parameter DeduplicationScope"),
        (
            {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn("sqs", "Heard"), "maxReceiveCount": 1})},
            "same type of queue as the source",
        ),
    ],
)
def test_what_does_not_fit_a_fifo_queue_can_not_be_set(given, why):
    with world({**queue(), **orders()}) as each, pytest.raises(ClientError, match=why):
        admin(each, "sqs").set_queue_attributes(QueueUrl=URL, Attributes=given)


def test_a_template_names_a_fifo_queue_as_it_must_be_named():
    resources = orders(**HIGH_THROUGHPUT)
    del resources["Orders"]["Properties"]["QueueName"]
    plain = queue("Plain", by="")
    plain["Plain"]["Properties"]["FifoQueue"] = False
    with world({**resources, **plain}) as each:
        url = each.home.resources["Orders"].physical_id
        sqs = admin(each, "sqs")
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

        assert url.endswith(".fifo")
        assert {name: found[name] for name in ("FifoQueue", *HIGH_THROUGHPUT)} == {
            "FifoQueue": "true",
            **HIGH_THROUGHPUT,
        }
        assert noted(each, "queued") == []
