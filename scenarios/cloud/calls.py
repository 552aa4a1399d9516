"""Every boto3 call inside a world goes through here.

Steps, in order:

1. botocore checks the parameters
2. the caller is identified, and IAM decides
3. the service's own checks (`kernel.validation`)
4. a law answers, otherwise moto
5. CloudTrail records the call
6. laws act on it

moto's "not implemented", in both its forms, becomes `NotSimulated`. Set-up calls are muted: they reach
moto alone, except reads that a law answers.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from scenarios.cloud.asked import Answer, Asked, AtOnce, Denied, Send
from scenarios.cloud.authorization.actions import Actions
from scenarios.cloud.authorization.denied import UnusableCredentials, access_denied, refusal_of
from scenarios.cloud.authorization.identity import Identity
from scenarios.cloud.authorization.principals import key_of_session
from scenarios.cloud.authorization.request_keys import Found, first_of
from scenarios.cloud.authorization.rows import Asking, Place
from scenarios.cloud.boto3_calls import (
    client_error,
    code_and_message,
    counted_as_sent_again,
    loud,
    validated,
    with_moments_of,
)
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.moto_direct import asked_directly
from scenarios.cloud.kernel.validation import Request, Validators
from scenarios.cloud.registered_laws import RegisteredLaws

Original = Callable[[BaseClient, str, Mapping[str, Any]], dict[str, Any]]
# Operations that read: the verbs their names begin with.
_READS = ("Get", "List", "Describe", "Filter", "Lookup")


class Calls(RegisteredLaws):
    """The way of every call."""

    def __init__(
        self,
        clock: Clock,
        identity: Identity,
        actions: Actions,
        validators: Validators,
        direct: Collection[str] = (),
    ) -> None:
        super().__init__()
        self._clock = clock
        self._identity = identity
        self._actions = actions
        self._validators = validators
        self._direct = direct
        self.sent_again: Callable[[], bool] = lambda: False  # whether botocore makes the last call once more
        self._elsewhere = ""
        self._sequence = 0
        self._muted = 0
        self._lawful = 0
        self.under_way: Asked | None = None  # the call that is on its way to moto, not muted
        self._sent: tuple[str, str] | None = None

    def by_service(
        self,
        by: str,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        region: str,
        response: Mapping[str, Any] | None = None,
    ) -> None:
        """An AWS service (`by`: `cloudtrail.amazonaws.com`) did something; moto was asked already."""
        call = ApiCall(
            sequence=self._sequence,
            service=service,
            operation=operation,
            parameters=parameters,
            region=region,
            caller=Caller(kind=CallerKind.AWS_SERVICE, account=self._identity.account, service=by),
            moment=self._clock.now,
            response=response or {},
        )
        for after in self._services:
            after(call)

    def under_role(
        self, caller: Caller, service: str, operation: str, parameters: Mapping[str, Any], *, region: str
    ) -> None:
        """An AWS service did something in the name of a role of the account; moto was asked already."""
        self._sequence += 1
        call = ApiCall(
            sequence=self._sequence,
            service=service,
            operation=operation,
            parameters=parameters,
            region=region,
            caller=caller,
            moment=self._clock.now,
            response={},
        )
        for after in self._everything:
            after(call)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Calls inside are set-up without a caller: no permission check, no record, no law acts on them."""
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    @contextmanager
    def aloud(self) -> Iterator[None]:
        """Calls inside are made by somebody, though a law has them made: by a function, for Invoke."""
        kept = self._muted, self._lawful, self._elsewhere, self.under_way
        self._muted, self._lawful, self._elsewhere = 0, 0, ""
        try:
            yield
        finally:
            self._muted, self._lawful, self._elsewhere, self.under_way = kept

    @contextmanager
    def sent(self, source_ip: str, user_agent: str) -> Iterator[None]:
        """The first call inside comes from this address and this program; the others are the world's own."""
        self._sent = source_ip, user_agent
        try:
            yield
        finally:
            self._sent = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Stand between boto3 and moto."""
        every_client: Any = BaseClient
        original = every_client._make_api_call  # noqa: SLF001 - the one place every client and resource goes through

        def make(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
            return self._make(original, client, operation, parameters)

        every_client._make_api_call = make  # noqa: SLF001
        try:
            yield
        finally:
            every_client._make_api_call = original  # noqa: SLF001

    def _make(
        self, original: Original, client: BaseClient, operation: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        service = client.meta.service_model.service_name
        in_place = self._in_place.get((service, operation))
        if in_place is not None and in_place[0](parameters):
            return self._at_once(in_place[1], original, client, operation, parameters)
        if self._muted:
            return self._set_up(original, client, operation, parameters)
        built = validated(client, operation, parameters)
        send = partial(original, client, operation, with_moments_of(client, operation, parameters))
        caller = self._caller(client, operation)
        self._sequence += 1
        sequence = self._sequence
        for before, _ in self._around:
            before(caller)
        asked = Asked(
            service=service,
            operation=operation,
            parameters=with_moments_of(client, operation, built),
            region=client.meta.region_name,
            caller=caller,
        )
        try:
            for before_it in self._before_each:
                before_it(client, asked)
            with self._within(caller.account):
                denied = self._authorise(client, asked)
                if denied:
                    response = self._answered_in_part(original, client, asked, denied)
                else:
                    response = self._answered(send, client, asked)
        except ClientError as error:
            self._made(asked, sequence, None, code_and_message(error))
            self._behind(caller)
            raise
        told = {name: value for name, value in response.items() if name != "ResponseMetadata"}
        self._made(asked, sequence, told, None)
        self._behind(caller)
        if self.sent_again():
            return counted_as_sent_again(lambda: self._make(original, client, operation, parameters))
        tell = self._tells.get((service, operation))
        return tell(asked, response) if tell is not None else response

    def _at_once(
        self,
        answer: AtOnce,
        original: Original,
        client: BaseClient,
        operation: str,
        parameters: Mapping[str, Any],
    ) -> dict[str, Any]:
        """A call that is answered at once takes its time all the same, and may be a function's last."""
        send = partial(original, client, operation)
        if self._muted:
            return answer(client, parameters, send)
        caller = self._caller(client, operation)
        self._sequence += 1
        for before, _ in self._around:
            before(caller)
        try:
            return answer(client, parameters, send)
        finally:
            self._behind(caller)

    def _caller(self, client: BaseClient, operation: str) -> Caller:
        """Who signs; raises what the service answers to credentials that it can't take."""
        signed: Any = client._request_signer._credentials  # type: ignore[attr-defined]  # noqa: SLF001
        if signed is None:
            service = client.meta.service_model.service_name
            raise NotSimulated(service, f"{operation} by somebody without credentials")
        try:
            caller = self._identity.caller(
                signed.access_key, self._clock.now, secret=signed.secret_key, token=signed.token or ""
            )
        except UnusableCredentials as unusable:
            code, status = refusal_of(client.meta.service_model.metadata["protocol"], unusable.why)
            raise client_error(client, operation, code, str(unusable), status) from None
        if self._sent is None:
            return caller
        (source_ip, user_agent), self._sent = self._sent, None
        return replace(caller, source_ip=source_ip, user_agent=user_agent)

    def _set_up(
        self, original: Original, client: BaseClient, operation: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A muted call reaches moto; a read is answered by its law if there is one."""
        service = client.meta.service_model.service_name
        answer = self._answers.get((service, operation))
        if answer is None or self._lawful or service == "sts" or not operation.startswith(_READS):
            send = partial(original, client, operation, parameters)
            return self._moto(send, client, operation, parameters)
        asked = Asked(
            service=service,
            operation=operation,
            parameters=with_moments_of(client, operation, parameters),
            region=client.meta.region_name,
            caller=Caller(kind=CallerKind.ROOT, account=self._identity.account),
        )
        return self._by_law(client, asked, answer)

    @contextmanager
    def _within(self, account: str) -> Iterator[None]:
        """All requests to moto inside are made in this account."""
        kept, self._elsewhere = self._elsewhere, "" if account == self._identity.account else account
        try:
            yield
        finally:
            self._elsewhere = kept

    def label(self, _service: str, request: Any) -> None:
        """Tell moto the account of a call from outside the world's own, as it asks to be told."""
        if self._elsewhere and not self._muted:
            request.headers["x-moto-account-id"] = self._elsewhere

    def _behind(self, caller: Caller) -> None:
        for _, behind in self._around:
            behind(caller)

    def _authorise(self, client: BaseClient, asked: Asked) -> list[Denied]:
        """What is denied of an operation that is done in part; of any other, the first denial is raised."""
        denied: list[Denied] = []
        with self._as_law(client, asked):
            pairs = self._actions.required(
                asked.service,
                asked.operation,
                asked.parameters,
                region=asked.region,
                account=asked.caller.account,
                caller=asked.caller.arn,
            )
        place = Place(region=asked.region, account=asked.caller.account)
        of_call = partial(_key_of_call, asked, self._clock.now)
        for action, resource in pairs:
            asking = Asking(
                operation=asked.operation,
                parameters=asked.parameters,
                place=place,
                caller=asked.caller.arn,
                action=action,
                resource=resource,
            )
            ask = first_of(of_call, self._actions.keys(asked.service, asking))
            decision = self._identity.judge(asked.caller, action, resource, ask=ask)
            if not decision.allowed:
                code, message, status = access_denied(
                    self._actions.denial(asked.service, asked.operation),
                    asked.operation,
                    asked.caller,
                    action=action,
                    resource=resource,
                    because=decision.because,
                )
                if (asked.service, asked.operation) not in self._in_part:
                    raise client_error(client, asked.operation, code, message, status)
                denied.append(Denied(action, resource, code, message))
        return denied

    def _answered_in_part(
        self, original: Original, client: BaseClient, asked: Asked, denied: Sequence[Denied]
    ) -> dict[str, Any]:
        how = self._in_part[asked.service, asked.operation]
        left = how.left(asked, denied)
        if left is None:
            response: dict[str, Any] = {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}
        else:
            send = partial(original, client, asked.operation, left)
            response = self._answered(send, client, replace(asked, parameters=left))
        return how.told(asked, response, denied)

    def _answered(self, send: Send, client: BaseClient, asked: Asked) -> dict[str, Any]:
        answer = self._answers.get((asked.service, asked.operation))
        checks = self._checks.get((asked.service, asked.operation), ())
        self._must_be_at_home(asked)
        self.under_way, retries = asked, 0
        if answer is not None and self._travel is not None:
            retries = self._travel(send)
        with self._as_law(client, asked):
            self._validators.check(_request(asked))
            for check in checks:
                check(asked)
        if wait := self._waits.get((asked.service, asked.operation)):
            wait(asked)
        if answer is None:
            return self._moto(send, client, asked.operation, asked.parameters)
        return self._by_law(client, asked, answer, retries)

    def _moto(
        self, send: Send, client: BaseClient, operation: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask moto, by the direct way where there is one and nothing can happen on the long one."""
        service = client.meta.service_model.service_name
        short = service in self._direct and (service, operation) not in self._long
        if not short or self._elsewhere or self._refused():
            return loud(service, operation, send)
        return loud(service, operation, lambda: asked_directly(client, operation, parameters) or send())

    def _by_law(self, client: BaseClient, asked: Asked, answer: Answer, retries: int = 0) -> dict[str, Any]:
        with self._as_law(client, asked):
            response = answer(asked)
        return {
            **response,
            "ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": retries, "HTTPHeaders": {}},
        }

    @contextmanager
    def _as_law(self, client: BaseClient, asked: Asked) -> Iterator[None]:
        """A law's own calls are muted, and reach no law; what the law refuses, boto3 raises."""
        with self._lawfully():
            try:
                yield
            except Refused as refused:
                error = client_error(
                    client, asked.operation, refused.code, refused.message, refused.status, **refused.about
                )
                error.response.update(refused.members)  # type: ignore[typeddict-item]
                if refused.headers:
                    error.response["ResponseMetadata"]["HTTPHeaders"] = dict(refused.headers)
                raise error from None

    @contextmanager
    def _lawfully(self) -> Iterator[None]:
        self._lawful += 1
        try:
            with self.muted():
                yield
        finally:
            self._lawful -= 1

    def _must_be_at_home(self, asked: Asked) -> None:
        operation = (asked.service, asked.operation)
        heard = operation in self._answers or operation in self._checks or operation in self._afters
        if self._elsewhere and heard and operation not in self._in_every_account:
            raise NotSimulated(asked.service, f"{asked.operation} in another account ({self._elsewhere})")

    def _made(
        self,
        asked: Asked,
        sequence: int,
        response: Mapping[str, Any] | None,
        error: tuple[str, str] | None,
    ) -> None:
        call = ApiCall(
            sequence=sequence,
            service=asked.service,
            operation=asked.operation,
            parameters=asked.parameters,
            region=asked.region,
            caller=asked.caller,
            moment=self._clock.now,
            response=response,
            error=error,
        )
        at_home = asked.caller.account == self._identity.account
        with self._lawfully():
            for after in self._everything if at_home else ():
                after(call)
            if error is None:
                for after in self._afters.get((asked.service, asked.operation), ()):
                    after(call)


def _request(asked: Asked) -> Request:
    return Request(
        service=asked.service,
        operation=asked.operation,
        parameters=asked.parameters,
        account=asked.caller.account,
        region=asked.region,
    )


def _key_of_call(asked: Asked, now: datetime, key: str) -> Found:
    """A condition key that every call brings.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    if key in _OF_EVERY_CALL:
        return _OF_EVERY_CALL[key](asked, now)
    return key_of_session(asked.caller, now, key)


# Who calls in the name of another brings that along (`Identity.judge`); no browser sends a referrer.
_OF_EVERY_CALL: dict[str, Callable[[Asked, datetime], str | None]] = {
    "aws:requestedregion": lambda asked, _: asked.region,
    "aws:sourceip": lambda asked, _: None if asked.caller.invoked_by else asked.caller.source_ip,
    "aws:useragent": lambda asked, _: asked.caller.user_agent,
    "aws:currenttime": lambda _, now: now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "aws:epochtime": lambda _, now: str(int(now.timestamp())),
    **dict.fromkeys(
        ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:referer"), lambda _, __: None
    ),
}
