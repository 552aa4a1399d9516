"""Words for the web outside AWS: what an endpoint answers to AWS services, and what it was sent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from scenarios.cloud.kernel.web import WebAnswer, WebRequest, place_of
from scenarios.cloud.sns.signatures import is_genuine
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Given

_KIND: Final = "x-amz-sns-message-type"
_CONFIRMATION: Final = "SubscriptionConfirmation"
_END: Final = "UnsubscribeConfirmation"

Answer = int | WebAnswer
"""A status, or more: headers such as Retry-After, a body, the seconds it takes, no connection."""


def endpoint(url: str, *answers: Answer, confirms: bool = True) -> Given:
    """Something answers there, from the beginning: see `answers_at`."""
    action = answers_at(url, *answers, confirms=confirms)
    return Given(action.words, action.do)


def answers_at(url: str, *answers: Answer, confirms: bool = True) -> Action:
    """From now on, requests to URLs that begin so are answered in turn, the last answer again and again.

    `confirms`: when SNS asks it to, it confirms its subscription, if SNS's signature is right; that a
    subscription ended, it hears and leaves at that. It takes nothing that is signed wrongly: then it answers
    403. Without `answers` it answers 200.
    """
    turn = tuple(each if isinstance(each, WebAnswer) else WebAnswer(status=each) for each in answers)
    said = ", ".join(str(each.status or "no connection") for each in turn) or "200"

    def do(world: World) -> None:
        world.setting.web.answers(url, _Endpoint(world, list(turn), confirms=confirms))

    return Action(f"{place_of(url)} answers {said}{'' if confirms else ', and confirms nothing'}", do)


def was_sent(url: str, *says: str, times: int = 1) -> Check:
    """So many requests went there whose body has these words; those that ask to confirm don't count."""

    def judge(world: World) -> str | None:
        sent = [each for each in world.setting.web.requests if each.url.startswith(url)]
        told = [each for each in sent if each.headers.get(_KIND) not in (_CONFIRMATION, _END)]
        right = [each for each in told if all(word in each.body for word in says)]
        return None if len(right) == times else f"{len(right)} instead of {times}, of {len(told)} requests"

    return Check(f"{place_of(url)} was sent {', '.join(says) or 'a request'} ({times} times)", judge)


@dataclass(slots=True)
class _Endpoint:
    """A web server as its owner should have it."""

    world: World
    turn: list[WebAnswer]
    confirms: bool = field(kw_only=True)

    def __call__(self, request: WebRequest) -> WebAnswer:
        kind = request.headers.get(_KIND)
        if kind is not None and "x-amz-sns-rawdelivery" not in request.headers:
            envelope = json.loads(request.body)
            if not is_genuine(envelope):
                return WebAnswer(status=403)
            if kind == _CONFIRMATION:
                return self._confirm(envelope["SubscribeURL"])
            if kind == _END:
                return WebAnswer()
        return _next(self.turn)

    def _confirm(self, url: str) -> WebAnswer:
        if self.confirms:
            self.world.topics.confirmations.visit(url)
        return WebAnswer()


def _next(turn: Sequence[WebAnswer]) -> WebAnswer:
    if not turn:
        return WebAnswer()
    return turn.pop(0) if isinstance(turn, list) and len(turn) > 1 else turn[0]
