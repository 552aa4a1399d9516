"""An endpoint that a scenario speaks for: in turn, and only to what SNS signed."""

import json

from scenarios.cloud.kernel.web import WebRequest
from scenarios.runner.words.web import answers_at, endpoint, was_sent
from tests.scenarios.cloud.small_worlds import admin, arn, topic, world

ALERTS = arn("sns", "Alerts")
HOOK = "https://hook.example/sns"


def subscribed(each):
    admin(each, "sns").subscribe(TopicArn=ALERTS, Protocol="https", Endpoint=HOOK)
    each.run(1)


def test_it_confirms_and_answers_in_turn():
    with world(topic(mail="")) as each:
        endpoint(HOOK, 503, 200).do(each)
        subscribed(each)
        admin(each, "sns").publish(TopicArn=ALERTS, Message="burning")
        each.run(60)

        assert was_sent(HOOK, "burning", times=2).judge(each) is None
        assert was_sent(HOOK, "burning").judge(each) == "2 instead of 1, of 2 requests"


def test_one_that_confirms_nothing_is_sent_nothing():
    with world(topic(mail="")) as each:
        said = answers_at(HOOK, confirms=False)
        said.do(each)
        subscribed(each)
        admin(each, "sns").publish(TopicArn=ALERTS, Message="burning")
        each.run(60)

        assert said.words == f"{HOOK} answers 200, and confirms nothing"
        assert was_sent(HOOK, times=0).judge(each) is None


def test_what_somebody_else_sends_in_sns_name_is_refused():
    with world(topic(mail="")) as each:
        endpoint(HOOK).do(each)
        forged = {"Type": "Notification", "TopicArn": ALERTS, "Message": "m", "Signature": "simulated"}
        request = WebRequest(
            at=each.clock.now,
            by="mallory",
            method="POST",
            url=HOOK,
            headers={"x-amz-sns-message-type": "Notification"},
            body=json.dumps(forged),
        )

        assert each.setting.web.ask(request).status == 403
