"""Subscriptions over HTTP: asked to confirm, signed, tried again in phases, and given up to a queue."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.cloud.kernel.web import NO_CONNECTION, WebAnswer
from scenarios.cloud.sns.delivery_policies import DeliveryPolicy
from scenarios.cloud.sns.signatures import is_genuine
from tests.sample import in_turn
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    admin,
    arn,
    document,
    heard,
    may,
    noted,
    queue,
    topic,
    total,
    world,
)

ALERTS = arn("sns", "Alerts")
HOOK = "https://hook.example/sns"
NONE = WebAnswer(status=NO_CONNECTION)


class Endpoint:
    """Somebody's web server: it confirms, checks signatures, and answers with what it was given in turn."""

    def __init__(self, each, *answers, confirms=True):
        self.each, self.answers, self.confirms = each, list(answers), confirms
        self.got, self.at = [], []
        each.setting.web.answers(HOOK, self)

    def __call__(self, request):
        self.at.append((request.at - self.each.deployment.start).total_seconds())
        self.got.append(request)
        if request.headers["x-amz-sns-message-type"] == "SubscriptionConfirmation":
            envelope = json.loads(request.body)
            assert is_genuine(envelope)
            if self.confirms:
                self.each.topics.confirmations.visit(envelope["SubscribeURL"])
            return WebAnswer()
        return self.answers.pop(0) if self.answers else WebAnswer()

    @property
    def told(self):
        kinds = [each.headers["x-amz-sns-message-type"] for each in self.got]
        return [each.body for each, kind in zip(self.got, kinds, strict=True) if kind == "Notification"]


def standing(**more):
    return {**topic(mail=""), **queue("Dead", by="sns"), **more}


def subscribe(each, **attributes):
    given = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()
    }
    answer = admin(each, "sns").subscribe(
        TopicArn=ALERTS, Protocol="https", Endpoint=HOOK, Attributes=given, ReturnSubscriptionArn=True
    )
    each.run(1)
    return answer["SubscriptionArn"]


def publish(each, text="hello"):
    admin(each, "sns").publish(TopicArn=ALERTS, Message=text)


# ---- confirming ---------------------------------------------------------------------------------


def test_an_endpoint_that_confirms_gets_what_is_published_then():
    """SendMessageToHttp.prepare.html: no notification before the confirmation."""
    with world(standing()) as each:
        endpoint = Endpoint(each)
        subscription = subscribe(each)
        publish(each)
        each.run(1)

        [body] = endpoint.told
        envelope = json.loads(body)
        assert (envelope["Message"], envelope["TopicArn"]) == ("hello", ALERTS)
        assert is_genuine(envelope)
        headers = endpoint.got[-1].headers
        assert headers["x-amz-sns-subscription-arn"] == subscription
        assert headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert noted(each, "delivered")[-1] == f"SNS to {HOOK}"


def test_one_that_does_not_confirm_gets_nothing():
    with world(standing()) as each:
        endpoint = Endpoint(each, confirms=False)
        subscribe(each)
        publish(each)
        each.run(60)

        assert endpoint.told == []


def test_the_confirmation_is_tried_again_until_the_endpoint_answers():
    with world(standing()) as each:
        answers = [WebAnswer(status=503), WebAnswer()]
        asked = []
        each.setting.web.answers(HOOK, lambda request: asked.append(request) or answers.pop(0))
        subscribe(each)
        each.run(60)

        assert len(asked) == 2
        assert json.loads(asked[0].body)["Token"] == json.loads(asked[1].body)["Token"]


@pytest.mark.slow
def test_a_confirmed_subscription_for_which_nobody_speaks_is_loud():
    subscription = {"TopicArn": {"Ref": "Alerts"}, "Protocol": "https", "Endpoint": HOOK}
    resources = standing(Sub={"Type": "AWS::SNS::Subscription", "Properties": subscription})
    with world(resources) as each:
        publish(each)
        with pytest.raises(NotSimulated, match=r"what https://hook.example/sns answers"):
            each.run(1)


@pytest.mark.slow
def test_the_token_stands_neither_in_the_trace_nor_in_a_record():
    with world(standing()) as each:
        Endpoint(each, confirms=False)
        subscribe(each)
        token = each.topics.confirmations.sent[0].token
        admin(each, "sns").confirm_subscription(TopicArn=ALERTS, Token=token)
        each.run(600)
        events = admin(each, "cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ConfirmSubscription"}]
        )["Events"]

        assert len(events) == 1
        assert token not in json.dumps([found["CloudTrailEvent"] for found in events])
        assert token not in repr(each.setting.trace) + repr(each.topics.confirmations.sent)
        assert token not in repr(each.setting.web.requests)


# ---- attacks ------------------------------------------------------------------------------------


def test_a_forged_notification_is_told_from_a_real_one():
    with world(standing()) as each:
        endpoint = Endpoint(each)
        subscribe(each)
        publish(each, "pay 10")
        each.run(1)
        real = json.loads(endpoint.told[0])

    assert is_genuine(real)
    assert not is_genuine({**real, "Message": "pay 10000"})
    assert not is_genuine({**real, "TopicArn": ALERTS.replace(ACCOUNT, "999999999999")})
    assert not is_genuine({**real, "Signature": "simulated"})
    assert not is_genuine(
        {**real, "SigningCertURL": "https://sns.us-east-1.amazonaws.com.evil.example/x.pem"}
    )
    assert not is_genuine({name: value for name, value in real.items() if name != "Signature"})
    assert not is_genuine({**real, "SignatureVersion": "2"})


@pytest.mark.parametrize("guess", ["of another topic", "made up"])
def test_nobody_confirms_with_a_token_that_is_not_the_subscriptions(guess):
    resources = standing(Other={"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "Other"}})
    with world(resources) as each:
        endpoint = Endpoint(each, confirms=False)
        subscribe(each)
        token = each.topics.confirmations.sent[0].token if guess == "of another topic" else "2336412f37"
        wrong = arn("sns", "Other") if guess == "of another topic" else ALERTS
        url = (
            f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={wrong}&Token={token}"
        )
        with pytest.raises(Refused, match="Token"):
            each.topics.confirmations.visit(url)
        mallory = each.client(each.user("mallory", policies=(document(may("sns:Confirm*")),)), "sns")
        with pytest.raises(ClientError, match="Token"):
            mallory.confirm_subscription(TopicArn=wrong, Token=token)
        publish(each)
        each.run(1)

        assert endpoint.told == []


@pytest.mark.slow
def test_who_gets_a_notification_may_end_it_unless_the_owner_confirmed():
    """API_ConfirmSubscription.html: AuthenticateOnUnsubscribe disallows unauthenticated unsubscribes."""
    with world(standing()) as each:
        endpoint = Endpoint(each, confirms=False)
        subscribe(each)
        token = each.topics.confirmations.sent[0].token
        sns = admin(each, "sns")
        sns.confirm_subscription(TopicArn=ALERTS, Token=token, AuthenticateOnUnsubscribe="true")
        publish(each)
        each.run(1)
        leave = json.loads(endpoint.told[0])["UnsubscribeURL"]
        with pytest.raises(Refused, match="AuthenticateOnUnsubscribe"):
            each.topics.confirmations.visit(leave)

        publish(each)
        each.run(1)
        assert len(endpoint.told) == 2


@pytest.mark.slow
def test_without_that_the_url_is_enough():
    with world(standing()) as each:
        endpoint = Endpoint(each)
        subscribe(each)
        publish(each)
        each.run(1)
        each.topics.confirmations.visit(json.loads(endpoint.told[0])["UnsubscribeURL"])
        publish(each)
        each.run(1)

        assert len(endpoint.told) == 1


@pytest.mark.parametrize("by", ["the API", "the URL"])
def test_an_endpoint_that_is_unsubscribed_is_told_so_and_may_come_back(by):
    """http-unsubscribe-confirmation-json.html: visiting the SubscribeURL restores the subscription."""
    with world(standing()) as each:
        endpoint = Endpoint(each)
        subscription = subscribe(each)
        publish(each)
        each.run(1)
        if by == "the API":
            admin(each, "sns").unsubscribe(SubscriptionArn=subscription)
        else:
            each.topics.confirmations.visit(json.loads(endpoint.told[0])["UnsubscribeURL"])
        each.run(1)
        farewell = json.loads(endpoint.got[-1].body)
        publish(each, "unheard")
        each.run(1)

        assert (farewell["Type"], is_genuine(farewell)) == ("UnsubscribeConfirmation", True)
        assert len(endpoint.told) == 1
        with pytest.raises(Refused, match="Token"):
            each.topics.confirmations.visit(farewell["SubscribeURL"] + "0")
        each.topics.confirmations.visit(farewell["SubscribeURL"])
        publish(each, "heard again")
        each.run(1)
        assert json.loads(endpoint.told[-1])["Message"] == "heard again"


def test_a_password_in_the_url_stands_in_no_trace():
    with world(standing()) as each:
        url = "https://robot:hunter2@hook.example/sns"
        each.setting.web.answers(url, WebAnswer(status=500))
        admin(each, "sns").subscribe(TopicArn=ALERTS, Protocol="https", Endpoint=url)
        token = each.topics.confirmations.sent[0].token
        admin(each, "sns").confirm_subscription(TopicArn=ALERTS, Token=token)
        publish(each)
        each.run(120)

        assert noted(each, "lost") == ["Alerts could not reach https://hook.example/sns (it answers 500)"]
        assert "hunter2" not in "".join(moment.words for moment in each.setting.trace)


# ---- what is delivered --------------------------------------------------------------------------


def test_a_raw_message_is_the_message_alone():
    """sns-large-payload-raw-message-delivery.html: x-amz-sns-rawdelivery says so."""
    with world(standing()) as each:
        endpoint = Endpoint(each)
        policy = {"requestPolicy": {"headerContentType": "application/json"}}
        subscribe(each, RawMessageDelivery="true", DeliveryPolicy=policy)
        publish(each, '{"a": 1}')
        each.run(1)

        assert endpoint.told == ['{"a": 1}']
        headers = endpoint.got[-1].headers
        assert (headers["x-amz-sns-rawdelivery"], headers["Content-Type"]) == ("true", "application/json")


@pytest.mark.slow
def test_the_second_version_of_signatures_is_the_topics_to_choose():
    resources = standing()
    resources["Alerts"]["Properties"]["SignatureVersion"] = "2"
    with world(resources) as each:
        endpoint = Endpoint(each)
        subscribe(each)
        publish(each)
        each.run(1)
        envelope = json.loads(endpoint.told[0])

    assert envelope["SignatureVersion"] == "2"
    assert is_genuine(envelope)


# ---- trying again -------------------------------------------------------------------------------


@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
@pytest.mark.parametrize("answer", [WebAnswer(status=500), NONE, WebAnswer(seconds=16)])
def test_what_fails_is_tried_again_three_times_and_then_kept(answer, faults):
    """SendMessageToHttp.retry.html: up to three retries, 20 seconds between them; 15 seconds to answer."""
    with world(standing(), faults=PROFILES[faults]) as each:
        endpoint = Endpoint(each, *[answer] * 4)
        subscribe(each, RedrivePolicy={"deadLetterTargetArn": arn("sqs", "Dead")})
        publish(each)
        each.run(300)

        waits = [after - before for before, after in zip(endpoint.at[1:], endpoint.at[2:], strict=False)]
        least = 20 + min(answer.seconds, 15)
        assert len(endpoint.told) == 4
        assert all(least <= wait <= least + 2 for wait in waits)
        assert [each["Message"] for each in heard(each, "Dead")] == ["hello"]
        assert total(each, "AWS/SNS", "NumberOfNotificationsRedrivenToDlq", TopicName="Alerts") == 1
        assert total(each, "AWS/SNS", "NumberOfNotificationsFailed", TopicName="Alerts") == 1


def test_one_that_comes_back_gets_the_message_once():
    with world(standing()) as each:
        endpoint = Endpoint(each, WebAnswer(status=502), WebAnswer(status=200))
        subscribe(each, RedrivePolicy={"deadLetterTargetArn": arn("sqs", "Dead")})
        publish(each)
        each.run(300)

        assert len(endpoint.told) == 2
        assert heard(each, "Dead") == []


@pytest.mark.slow
def test_an_endpoint_that_refuses_has_taken_it_as_far_as_sns_knows():
    """SendMessageToHttp.prepare.html: only a status outside of 200 to 4xx is a failed attempt."""
    with world(standing()) as each:
        endpoint = Endpoint(each, WebAnswer(status=403))
        subscribe(each, RedrivePolicy={"deadLetterTargetArn": arn("sqs", "Dead")})
        publish(each)
        each.run(300)

        assert (len(endpoint.told), heard(each, "Dead")) == (1, [])
        assert noted(each, "delivered")[-1] == f"SNS to {HOOK}: 403 counts as delivered"


PHASES = {
    "minDelayTarget": 1,
    "maxDelayTarget": 60,
    "numRetries": 50,
    "numNoDelayRetries": 3,
    "numMinDelayRetries": 2,
    "numMaxDelayRetries": 35,
    "backoffFunction": "exponential",
}


@pytest.mark.slow
def test_the_phases_of_awss_own_example():
    """sns-message-delivery-retries.html: 3 at once, 2 after 1 s, 10 from 1 to 60 s, 35 after 60 s."""
    with world(standing()) as each:
        endpoint = Endpoint(each, *[NONE] * 60)
        subscribe(each, DeliveryPolicy={"healthyRetryPolicy": PHASES})
        publish(each)
        each.run(4000)

        waits = [after - before for before, after in zip(endpoint.at[1:], endpoint.at[2:], strict=False)]
        assert len(waits) == 50
        assert waits[:3] == [0, 0, 0]
        assert all(1 <= wait <= 1.1 for wait in waits[3:5])
        assert waits[5:15] == sorted(waits[5:15])
        assert (1 <= waits[5] <= 1.1, 60 <= waits[14] <= 66) == (True, True)
        assert all(60 <= wait <= 66 for wait in waits[15:])


@pytest.mark.parametrize(
    ("function", "middle"), [("linear", 30.5), ("arithmetic", 23.1), ("exponential", 7.7)]
)
def test_each_function_grows_in_its_way(function, middle):
    policy = DeliveryPolicy(retries=5, shortest=1, longest=60, function=function)

    assert (policy.delays[0], policy.delays[-1]) == (1, pytest.approx(60))
    assert policy.delays[2] == pytest.approx(middle, abs=5)


@pytest.mark.slow
def test_the_topics_policy_holds_where_it_lets_no_other():
    with world(standing()) as each:
        endpoint = Endpoint(each, *[NONE] * 9)
        policy = {
            "http": {"defaultHealthyRetryPolicy": {"numRetries": 1}, "disableSubscriptionOverrides": True}
        }
        admin(each, "sns").set_topic_attributes(
            TopicArn=ALERTS, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(policy)
        )
        subscribe(each, DeliveryPolicy={"healthyRetryPolicy": {"numRetries": 7}})
        publish(each)
        each.run(600)

        assert len(endpoint.told) == 2


@pytest.mark.slow
def test_a_throttled_subscription_gets_so_many_a_second():
    with world(standing()) as each:
        endpoint = Endpoint(each)
        subscribe(each, DeliveryPolicy={"throttlePolicy": {"maxReceivesPerSecond": 2}})
        for n in range(5):
            publish(each, str(n))
        each.run(10)

        assert len(endpoint.told) == 5
        assert endpoint.at[-1] - endpoint.at[-5] == pytest.approx(2)


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"healthyRetryPolicy": {"numRetries": 101}}, "numRetries is at most 100"),
        ({"healthyRetryPolicy": {"minDelayTarget": 30}}, "minDelayTarget is between 1 and maxDelayTarget"),
        ({"healthyRetryPolicy": {"numNoDelayRetries": 5}}, "less than the retries of the phases"),
        ({"healthyRetryPolicy": {"backoffFunction": "cubic"}}, "backoffFunction must be one of"),
        ({"healthyRetryPolicy": {**PHASES, "numRetries": 90, "numMaxDelayRetries": 75}}, "3600 seconds"),
        ("not json", "failed to parse JSON"),
    ],
)
def test_a_policy_that_sns_refuses(policy, why):
    with world(standing()) as each, pytest.raises(ClientError, match=why):
        subscribe(each, DeliveryPolicy=policy)
