"""Subscriptions that wait for a confirmation: what SNS asks, what they get meanwhile, when they are gone."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel import moto_state
from tests.scenarios.cloud.small_worlds import ACCOUNT, HOME, admin, arn, heard, queue, topic, world

ALERTS = arn("sns", "Alerts")
BOSS = {"TopicArn": ALERTS, "Protocol": "email", "Endpoint": "boss@example.com"}
HOURS = 3600
OTHER = "999999999999"


@pytest.fixture
def cloud():
    with world({**topic(mail=""), **queue(by="sns")}) as made:
        yield made


@pytest.fixture
def sns(cloud):
    return admin(cloud, "sns")


def token_of(cloud):
    return cloud.topics.confirmations.sent[-1].token


def listed(sns):
    found = sns.list_subscriptions_by_topic(TopicArn=ALERTS)["Subscriptions"]
    return [each["SubscriptionArn"] for each in found]


def counts(sns):
    told = sns.get_topic_attributes(TopicArn=ALERTS)["Attributes"]
    return told["SubscriptionsPending"], told["SubscriptionsConfirmed"]


@pytest.mark.slow
def test_mail_goes_out_only_once_the_subscription_is_confirmed(cloud, sns):
    assert sns.subscribe(**BOSS)["SubscriptionArn"] == "pending confirmation"
    assert (listed(sns), counts(sns)) == (["PendingConfirmation"], ("1", "0"))
    sns.publish(TopicArn=ALERTS, Message="nobody hears this")

    confirmed = sns.confirm_subscription(TopicArn=ALERTS, Token=token_of(cloud))["SubscriptionArn"]
    sns.publish(TopicArn=ALERTS, Message="heard")

    assert [mail.text for mail in cloud.topics.inbox] == ["heard"]
    assert (listed(sns), counts(sns)) == ([confirmed], ("0", "1"))
    assert confirmed.startswith(f"{ALERTS}:")
    assert sns.subscribe(**BOSS)["SubscriptionArn"] == confirmed


def test_the_timeline_says_who_was_asked(cloud, sns):
    sns.subscribe(**BOSS)

    pending = [moment.words for moment in cloud.setting.trace if moment.kind == "pending"]
    assert pending == ["boss@example.com is asked to confirm its subscription to Alerts"]


def test_the_arn_is_told_to_who_asks_for_it(cloud, sns):
    subscription = sns.subscribe(**BOSS, ReturnSubscriptionArn=True)["SubscriptionArn"]
    told = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]

    assert told["PendingConfirmation"] == "true"
    sns.confirm_subscription(TopicArn=ALERTS, Token=token_of(cloud), AuthenticateOnUnsubscribe="true")
    told = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert (told["PendingConfirmation"], told["ConfirmationWasAuthenticated"]) == ("false", "true")


def test_who_waits_can_not_be_unsubscribed(cloud, sns):
    subscription = sns.subscribe(**BOSS, ReturnSubscriptionArn=True)["SubscriptionArn"]
    with pytest.raises(ClientError, match="pending confirmation"):
        sns.unsubscribe(SubscriptionArn=subscription)

    sns.confirm_subscription(TopicArn=ALERTS, Token=token_of(cloud))
    sns.unsubscribe(SubscriptionArn=subscription)

    assert listed(sns) == []


@pytest.mark.slow
def test_after_two_days_a_subscription_that_nobody_confirmed_is_gone(cloud, sns):
    sns.subscribe(**BOSS)
    token = token_of(cloud)
    cloud.run(47 * HOURS)
    assert listed(sns) == ["PendingConfirmation"]

    cloud.run(2 * HOURS)

    assert listed(sns) == []
    with pytest.raises(ClientError, match="Invalid parameter: Token"):
        sns.confirm_subscription(TopicArn=ALERTS, Token=token)


@pytest.mark.slow
def test_a_confirmed_one_stays(cloud, sns):
    sns.subscribe(**BOSS)
    sns.confirm_subscription(TopicArn=ALERTS, Token=token_of(cloud))

    cloud.run(72 * HOURS)

    assert len(listed(sns)) == 1


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        pytest.param({"TopicArn": ALERTS, "Token": "guessed"}, "InvalidParameter", id="another token"),
        pytest.param({"TopicArn": arn("sns", "None"), "Token": "guessed"}, "NotFound", id="no such topic"),
    ],
)
def test_what_can_not_be_confirmed(sns, parameters, code):
    sns.subscribe(**BOSS)
    with pytest.raises(ClientError) as refused:
        sns.confirm_subscription(**parameters)

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["http", "https"])
def test_an_endpoint_over_http_is_asked_too(cloud, sns, protocol):
    endpoint = f"{protocol}://example.com/hook"
    sns.subscribe(TopicArn=ALERTS, Protocol=protocol, Endpoint=endpoint)
    sns.publish(TopicArn=ALERTS, Message="m")

    assert [each.endpoint for each in cloud.topics.confirmations.sent] == [endpoint]


def test_a_queue_of_the_same_account_is_not_asked_and_one_of_another_is(cloud, sns):
    own = sns.subscribe(TopicArn=ALERTS, Protocol="sqs", Endpoint=arn("sqs", "Heard"))
    theirs = sns.subscribe(TopicArn=ALERTS, Protocol="sqs", Endpoint=f"arn:aws:sqs:{HOME}:{OTHER}:Theirs")
    sns.publish(TopicArn=ALERTS, Message="m")

    assert own["SubscriptionArn"].startswith(ALERTS)
    assert theirs["SubscriptionArn"] == "pending confirmation"
    assert [body["Message"] for body in heard(cloud)] == ["m"]


def test_a_queue_of_another_account_gets_the_token_as_a_message(cloud, sns):
    with cloud.calls.muted():
        theirs = moto_state.backend("sqs", OTHER, HOME).create_queue("Theirs", {})
        lets = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": theirs.queue_arn,
        }
        theirs._set_attributes({"Policy": json.dumps({"Version": "2012-10-17", "Statement": [lets]})})
    sns.subscribe(TopicArn=ALERTS, Protocol="sqs", Endpoint=theirs.queue_arn)

    (body,) = [json.loads(text) for text in cloud.queues.bodies(theirs.queue_arn)]
    assert (body["Type"], body["TopicArn"], body["Token"]) == (
        "SubscriptionConfirmation",
        ALERTS,
        token_of(cloud),
    )
    assert f"Token={body['Token']}" in body["SubscribeURL"]
    sns.confirm_subscription(TopicArn=ALERTS, Token=body["Token"])
    sns.publish(TopicArn=ALERTS, Message="m")
    assert [json.loads(text)["Message"] for text in cloud.queues.bodies(theirs.queue_arn)][1:] == ["m"]


def test_the_subscriptions_of_a_stack_are_confirmed():
    with world(topic()) as cloud:
        assert counts(admin(cloud, "sns")) == ("0", "1")
        assert ACCOUNT in listed(admin(cloud, "sns"))[0]


def test_an_arn_of_something_else_is_no_topic(sns):
    with pytest.raises(ClientError, match="Topic does not exist"):
        sns.confirm_subscription(TopicArn="arn:aws:iam::123456789012:role/lookRole", Token="a")
