"""A request of AWS's API, made as a boto3 call in the world; the answer is in the request's own protocol.

So whatever holds for a call of a scenario's actor holds for it: IAM, laws, CloudTrail, what follows. What is
not simulated rises as NotSimulated.
"""

import itertools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, DataNotFoundError, UnknownServiceError

from scenarios.cloud.authorization.denied import Unusable
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.moto_protocols import (
    QUERY,
    Understood,
    Unreadable,
    Wire,
    Written,
    refused,
    understood,
    written,
)
from scenarios.cloud.s3.sources import copied
from scenarios.cloud.world import World
from scenarios.serve.addresses import address_of, queue_arn, queue_of_aws, queues_here, services_of
from scenarios.serve.bodies import BrokenBody, Unpacked, encoding_left, is_chunked, unpacked
from scenarios.serve.callers import Callers
from scenarios.serve.messages import HttpAnswer, HttpRequest
from scenarios.serve.own_api import OwnApi
from scenarios.serve.pace import Pace
from scenarios.serve.refusals import refusal, unusable
from scenarios.serve.signatures import is_right
from scenarios.serve.signed import NotSigned, Signed, signed

# moto would take such objects apart; curl says the first of anything.
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LONGEST_POLL = timedelta(seconds=20)
_NO_XML = "The XML you provided was not well-formed or did not validate against our published schema"
# What botocore's client sends by itself, of the body that it is given.
_MADE_ANEW = frozenset({"ContentLength", "ContentMD5"})
_PARAMETERS = {QUERY: "ValidationError", "ec2": "InvalidParameterValue", "rest-xml": "InvalidArgument"}


@dataclass(slots=True, kw_only=True)
class Held:
    """A long poll that found nothing yet: ReceiveMessage, asked again when a message can be seen.

    `empty`: the answer once its time is over.
    """

    request: HttpRequest
    queue: str
    until: datetime
    empty: HttpAnswer = field(repr=False)

    def seen_at(self, clock: Clock) -> datetime:
        """When it is to be answered: when a message can be seen, or else when its time is over."""
        queue = moto_messages.queue(self.queue)
        if queue is None:
            return clock.now
        moments = (
            datetime.fromtimestamp(max(each.visible_at, each.delayed_until) / 1000, clock.now.tzinfo)
            for each in moto_messages.messages(queue)
        )
        return min(self.until, *moments, self.until)


class Aws:
    """AWS's side of the endpoint."""

    def __init__(self, world: World, pace: Pace, callers: Callers) -> None:
        self._world = world
        self._pace = pace
        self._callers = callers
        self._own = OwnApi(world, callers)
        self._numbers = itertools.count(1)

    def answer(self, request: HttpRequest, *, waits: bool = True) -> HttpAnswer | Held:
        """Do what a request asks. `waits`: whether a poll may be held until a message comes."""
        try:
            said, chunks = _read(request)
        except NotSigned as error:
            return refusal(request, "IncompleteSignature", str(error), 400)
        except BrokenBody as error:
            return refusal(request, "IncompleteBody", str(error), 400)
        if said is None:
            return self._unsigned(request)
        if said.service == "execute-api":
            return self._own.answer(request, said)
        if self._is_over(said):
            return refusal(request, "AccessDenied", "Request has expired", 403)
        here = replace(said, region=said.region or self._world.deployment.home)
        return self._understood(request, here, chunks, waits=waits)

    def unverified(self, request: HttpRequest) -> HttpAnswer | None:
        """The refusal of a request whose signature is wrong; None where it is right, or there is none."""
        try:
            said, chunks = _read(request)
        except (NotSigned, BrokenBody):
            return None  # `answer` says so
        if said is None:
            return None
        secret = self._callers.secret(said)
        if secret is None:
            return unusable(request, Unusable.INVALID)
        return None if is_right(request, said, secret, chunks) else unusable(request, Unusable.SIGNATURE)

    # ---- what is asked --------------------------------------------------------------------------

    def _understood(
        self, request: HttpRequest, said: Signed, chunks: Unpacked | None, *, waits: bool
    ) -> HttpAnswer | Held:
        services = services_of(said.service, request)
        url = address_of(said.service, said.region, request)
        headers = dict(request.headers) | (_headers_in_the_url(request) if said.presigned else {})
        if chunks is not None and (left := encoding_left(headers.pop("content-encoding", ""))):
            headers["content-encoding"] = left
        body = request.body if chunks is None else chunks.data
        if said.service == "s3" and request.method in {"GET", "HEAD"}:
            body = b""  # which S3 doesn't read
        try:
            asked = understood(services, Wire(request.method, url, headers, body))
        except Unreadable as error:
            code = "MalformedXML" if said.service == "s3" else "SerializationException"
            return refusal(request, code, str(error), 400)
        except (UnknownServiceError, DataNotFoundError):
            asked = None
        if asked is None:
            what = request.headers.get("x-amz-target") or f"{request.method} {request.path}"
            raise NotSimulated(said.service, f"an operation for {what}")
        return self._asked(request, said, asked, waits=waits)

    def _asked(
        self, request: HttpRequest, said: Signed, asked: Understood, *, waits: bool
    ) -> HttpAnswer | Held:
        parameters = _as_boto3_takes_them(asked)
        poll = timedelta()
        if asked.service == "sqs" and "QueueUrl" in parameters:
            parameters["QueueUrl"] = queue_of_aws(parameters["QueueUrl"], said.region)
            poll = _poll(asked, parameters, said.region)
            parameters |= {"WaitTimeSeconds": 0} if timedelta() < poll <= LONGEST_POLL else {}
        answer, response = self._called(request, said, asked, parameters)
        if poll and waits and response is not None and not response.get("Messages"):
            queue, until = queue_arn(parameters["QueueUrl"], said.region), self._world.clock.now + poll
            return Held(request=request, queue=queue, until=until, empty=answer)
        return answer

    def _called(
        self, request: HttpRequest, said: Signed, asked: Understood, parameters: Mapping[str, Any]
    ) -> tuple[HttpAnswer, Mapping[str, Any] | None]:
        """The answer, and what boto3 returned; None where it raised."""
        client = self._world.client(self._callers.who(said), asked.service, said.region)
        number = self._request_id()
        agent = request.headers.get("user-agent", "")
        try:
            with self._world.calls.sent(request.peer, agent):
                response = client._make_api_call(asked.operation.name, parameters)  # noqa: SLF001 - as its methods do
        except ClientError as error:
            return _sent(asked, refused(asked, error, number), number), None
        except BotoCoreError as error:
            code, words = _PARAMETERS.get(asked.protocol, "ValidationException"), str(error)
            if asked.service == "s3" and "Missing required" in words:  # nothing in the address can be missing
                code, words = "MalformedXML", _NO_XML
            wrong = ClientError(_error(code, words, 400), asked.operation.name)
            return _sent(asked, refused(asked, wrong, number), number), None
        told = queues_here(response, _base(request)) if asked.service == "sqs" else response
        return _sent(asked, written(asked, told, number), number), response

    def _request_id(self) -> str:
        """Ids of requests are counted: drawn, they would shift what the world draws."""
        return str(uuid.UUID(int=(4 << 76) | (8 << 60) | next(self._numbers)))

    # ---- who asks -------------------------------------------------------------------------------

    def _is_over(self, said: Signed) -> bool:
        """Whether a presigned URL has ended, by the world's clock."""
        if said.until is not None:
            return said.until < self._pace.real  # when it was signed, Version 2 doesn't say
        if said.expires is None or said.at is None:
            return False
        return self._pace.world_time_of(said.at) + said.expires < self._world.clock.now

    def _unsigned(self, request: HttpRequest) -> HttpAnswer:
        if self._own.is_meant(request):
            return self._own.answer(request, None)
        raise NotSimulated("AWS", f"{request.method} {request.path} without a signature")


def _read(request: HttpRequest) -> tuple[Signed | None, Unpacked | None]:
    """What its signature says, and its body's chunks; None for none. Raises NotSigned, BrokenBody."""
    return signed(request), unpacked(request.body) if is_chunked(request) else None


def _headers_in_the_url(request: HttpRequest) -> dict[str, str]:
    """What a presigned URL says in place of headers: metadata, a type, a checksum; a header counts more.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    return {
        name: value
        for name, value in request.asked.items()
        if (name.startswith("x-amz-") or name == "content-type") and name not in request.headers
    }


def _as_boto3_takes_them(asked: Understood) -> dict[str, Any]:
    """Without what botocore adds to S3's requests by itself; metadata's names are in small letters on AWS."""
    parameters = dict(asked.parameters)
    if asked.service == "s3":
        parameters = {name: value for name, value in parameters.items() if name not in _MADE_ANEW}
        if parameters.get("ContentType", "").startswith(_FORMS):
            del parameters["ContentType"]
        if "CopySource" in parameters:  # quoted, and the client quotes it again
            names = ("Bucket", "Key", "VersionId")
            source = zip(names, copied(parameters["CopySource"]), strict=True)
            parameters["CopySource"] = {name: value for name, value in source if value}
        if "Metadata" in parameters:
            parameters["Metadata"] = {name.lower(): value for name, value in parameters["Metadata"].items()}
    return parameters


def _poll(asked: Understood, parameters: Mapping[str, Any], region: str) -> timedelta:
    """For how long a ReceiveMessage is to wait for a message; SQS refuses what is out of its bounds."""
    if asked.operation.name != "ReceiveMessage":
        return timedelta()
    queue = moto_messages.queue(queue_arn(parameters["QueueUrl"], region))
    usual = int(getattr(queue, "receive_message_wait_time_seconds", 0) or 0)
    return timedelta(seconds=int(parameters.get("WaitTimeSeconds", usual)))


def _base(request: HttpRequest) -> str:
    return f"http://{request.headers.get('host', '')}"


def _error(code: str, message: str, status: int) -> Any:
    return {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}


def _sent(asked: Understood, told: Written, number: str) -> HttpAnswer:
    name = "x-amz-request-id" if asked.service == "s3" else "x-amzn-RequestId"
    return HttpAnswer(status=told.status, headers={**told.headers, name: number}, body=told.body)
