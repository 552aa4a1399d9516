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
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

from scenarios.cloud.authorization.actions import Actions
from scenarios.cloud.authorization.denied import UnusableCredentials, access_denied, refusal_of
from scenarios.cloud.authorization.identity import Identity
from scenarios.cloud.authorization.principals import key_of_session
from scenarios.cloud.authorization.request_keys import Found, first_of
from scenarios.cloud.authorization.rows import Asking, Place
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.moments import with_moments
from scenarios.cloud.kernel.moto_direct import asked_directly
from scenarios.cloud.kernel.moto_hooks import crashed_in_moto
from scenarios.cloud.kernel.validation import Request, Validators

Original = Callable[[BaseClient, str, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call a law is asked to answer in moto's place."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    caller: Caller


@dataclass(frozen=True, slots=True)
class Denied:
    """An action that a call needs and its caller may not do: what the service says to that."""

    action: str
    resource: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class InPart:
    """An operation of which the part that is allowed is done. `left`: its parameters without the rest.

    `told`: the answer, which says what was denied; `left` gives None where nothing is left.
    """

    left: Callable[[Asked, Sequence[Denied]], Mapping[str, Any] | None]
    told: Callable[[Asked, Mapping[str, Any], Sequence[Denied]], dict[str, Any]]


# Operations that read: the verbs their names begin with.
_READS = ("Get", "List", "Describe", "Filter", "Lookup")

Answer = Callable[[Asked], dict[str, Any]]
After = Callable[[ApiCall], None]
Tell = Callable[[Asked, dict[str, Any]], dict[str, Any]]
Send = Callable[[], dict[str, Any]]
Travel = Callable[[Send], int]
Step = Callable[[ApiCall | None], None]
SendThese = Callable[[Mapping[str, Any]], dict[str, Any]]
AtOnce = Callable[[BaseClient, Mapping[str, Any], SendThese], dict[str, Any]]


class Calls:
    """The way of every call. Laws register what they answer, check or act on."""

    def __init__(
        self,
        clock: Clock,
        identity: Identity,
        actions: Actions,
        validators: Validators,
        direct: Collection[str] = (),
    ) -> None:
        self._clock = clock
        self._identity = identity
        self._actions = actions
        self._validators = validators
        self._direct = direct
        self._answers: dict[tuple[str, str], Answer] = {}
        self._in_place: dict[tuple[str, str], tuple[Callable[[Mapping[str, Any]], bool], AtOnce]] = {}
        self._checks: dict[tuple[str, str], list[Callable[[Asked], None]]] = {}
        self._waits: dict[tuple[str, str], Callable[[Asked], None]] = {}
        self._long: set[tuple[str, str]] = set()
        self._in_part: dict[tuple[str, str], InPart] = {}
        self._tells: dict[tuple[str, str], Tell] = {}
        self._afters: dict[tuple[str, str], list[After]] = {}
        self._everything: list[After] = []
        self._services: list[After] = []
        self._travel: Travel | None = None
        self._refused: Callable[[], bool] = lambda: False
        self._around: list[tuple[Callable[[Caller], None], Callable[[Caller], None]]] = []
        self._before_each: list[Callable[[BaseClient, Asked], None]] = []
        self.sent_again: Callable[[], bool] = lambda: False  # whether botocore makes the last call once more
        self._in_every_account: set[tuple[str, str]] = set()
        self._elsewhere = ""
        self._sequence = 0
        self._muted = 0
        self._lawful = 0
        self.under_way: Asked | None = None  # the call that is on its way to moto, not muted
        self._sent: tuple[str, str] | None = None

    def answer(self, service: str, operation: str, answer: Answer) -> None:
        """Have a law answer this operation in moto's place."""
        self._answers[service, operation] = answer

    def in_place_of_everything(
        self, service: str, operation: str, which: Callable[[Mapping[str, Any]], bool], answer: AtOnce
    ) -> None:
        """Have some calls of this operation answered at once, muted ones too: nothing is asked or recorded.

        `which` says of a call's parameters whether it is one of them; `send` of `answer` asks moto.
        """
        self._in_place[service, operation] = which, answer

    def check(self, service: str, operation: str, check: Callable[[Asked], None]) -> None:
        """Have a law look at this operation before moto does; it refuses by raising `Refused`."""
        self._checks.setdefault((service, operation), []).append(check)

    def in_part(self, service: str, operation: str, how: InPart) -> None:
        """Have what is allowed of this operation done, where another part of it is denied."""
        self._in_part[service, operation] = how

    def wait(self, service: str, operation: str, wait: Callable[[Asked], None]) -> None:
        """Have this operation take time before moto answers it; others may act meanwhile."""
        self._waits[service, operation] = wait

    def by_the_long_way(self, service: str, operation: str) -> None:
        """Have this operation sent as a request in any case.

        Something answers it on its way to moto, or botocore's handlers must not be asked twice: what a
        CopySource names they quote.
        """
        self._long.add((service, operation))

    def tell(self, service: str, operation: str, tell: Tell) -> None:
        """Have a law change the answer that the caller gets; the other laws get the whole answer."""
        self._tells[service, operation] = tell

    def after(self, service: str, operation: str, after: After) -> None:
        """Tell a law of every such call that succeeded."""
        self._afters.setdefault((service, operation), []).append(after)

    def in_every_account(self, service: str, *operations: str) -> None:
        """Apply laws to these operations in other accounts too; others hold in the world's account alone."""
        self._in_every_account |= {(service, operation) for operation in operations}

    def after_everything(self, after: After) -> None:
        """Tell a law of every call in the world's own account, whether it succeeded or not."""
        self._everything.append(after)

    def after_services(self, after: After) -> None:
        """Tell a law of what AWS services do to the account's data; no caller makes these calls."""
        self._services.append(after)

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

    def around(self, before: Callable[[Caller], None], behind: Callable[[Caller], None]) -> None:
        """Have something happen before and behind every call, such as a crash."""
        self._around.append((before, behind))

    def before_each(self, before: Callable[[BaseClient, Asked], None]) -> None:
        """Have something happen before a call is judged; what it raises, the caller gets in AWS's place."""
        self._before_each.append(before)

    def on_the_way(self, travel: Travel, refused: Callable[[], bool]) -> None:
        """Calls that a law answers still pass through botocore's retries: `travel(send)` may send one.

        It returns how often botocore tried again. `Throttles` answers it in moto's place. `refused`: whether
        a request may be refused on the way, so that none may take a shorter one.
        """
        self._travel, self._refused = travel, refused

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
        built = _validated(client, operation, parameters)
        send = partial(original, client, operation, _with_moments(client, operation, parameters))
        caller = self._caller(client, operation)
        self._sequence += 1
        sequence = self._sequence
        for before, _ in self._around:
            before(caller)
        asked = Asked(
            service=service,
            operation=operation,
            parameters=_with_moments(client, operation, built),
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
            self._made(asked, sequence, None, _code_and_message(error))
            self._behind(caller)
            raise
        told = {name: value for name, value in response.items() if name != "ResponseMetadata"}
        self._made(asked, sequence, told, None)
        self._behind(caller)
        if self.sent_again():
            return _counted_as_sent_again(lambda: self._make(original, client, operation, parameters))
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
            parameters=_with_moments(client, operation, parameters),
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
            return _loud(service, operation, send)
        return _loud(service, operation, lambda: asked_directly(client, operation, parameters) or send())

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


def _counted_as_sent_again(send: Send) -> dict[str, Any]:
    """What a call is answered, with one more retry of botocore's."""
    try:
        response = send()
    except ClientError as error:
        _add_a_retry(error.response)
        raise
    _add_a_retry(response)
    return response


def _add_a_retry(response: Any) -> None:
    about = response.setdefault("ResponseMetadata", {})
    about["RetryAttempts"] = about.get("RetryAttempts", 0) + 1


def client_error(
    client: BaseClient,
    operation: str,
    code: str,
    message: str,
    status: int,
    **about: str,
) -> ClientError:
    """The exception boto3 would raise, of the client's own class for that code where it models one."""
    response: Any = {
        "Error": {"Code": code, "Message": message, **about},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
    }
    error_class: Any = client.exceptions.from_code(code)
    error: ClientError = error_class(response, operation)
    return error


def _loud(service: str, operation: str, send: Send) -> dict[str, Any]:
    """Ask moto; what it doesn't do, or crashes at, is NotSimulated, never an error of AWS's."""
    try:
        return send()
    except NotImplementedError as error:
        raise NotSimulated(service, f"{operation} (moto: {error or 'not implemented'})") from error
    except ClientError as error:
        if "Not yet implemented" in str(error):
            raise NotSimulated(service, f"{operation} (moto: not yet implemented)") from error
        raise
    except Exception as error:
        if crashed_in_moto(error):
            raise NotSimulated(service, f"{operation} with these parameters (moto: {error!r})") from error
        raise


def _with_moments(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    return with_moments(parameters, client.meta.service_model.operation_model(operation).input_shape)


def _validated(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters as botocore sends them; raises what it raises before it sends anything.

    botocore lets its handlers at the parameters before it looks at them: until then S3's CopySource may be a
    dictionary, CreateExportTask's `from` is called `fromTime`, a DynamoDB table's items hold plain values.
    They are asked where it matters, when something looks wrong.
    """
    model = client.meta.service_model.operation_model(operation)
    if model.input_shape is None:
        return parameters
    validator, given = ParamValidator(), dict(parameters)
    if not validator.validate(given, model.input_shape).has_errors():
        return parameters
    within: Any = client
    region = {"client_region": client.meta.region_name}
    built: Mapping[str, Any] = within._emit_api_params(given, model, region)  # noqa: SLF001
    report = validator.validate(built, model.input_shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    return built


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


def _code_and_message(error: ClientError) -> tuple[str, str]:
    details = error.response["Error"]
    return str(details.get("Code", "")), str(details.get("Message", ""))
