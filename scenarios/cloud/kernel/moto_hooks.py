"""Everything the simulated AWS knows about moto's insides. Each hook has a contract test.

moto keeps the state. Its own incomplete deliveries (inside `put_log_events`, `publish`,
`put_object`...) are switched off here: nothing is delivered twice, and a setting that moto
ignores doesn't look as if it worked. Each service corrects what moto gets wrong (`Service.mends`).
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import moto
import moto.awslambda.models as lambda_models
import moto.core.botocore_stubber as stubber
import moto.core.loaders as moto_loaders
import moto.core.models as moto_models
import moto.core.responses as moto_responses
import moto.core.utils as moto_utils
import moto.events.models as events_models
import moto.logs.models as logs_models
import moto.s3.models as s3_models
import moto.s3.notifications as s3_notifications
import moto.sns.models as sns_models
import moto.sqs.models as sqs_models
import moto.utilities.utils as moto_utilities
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError
from moto import mock_aws
from moto.core.base_backend import BaseBackend
from moto.core.common_models import BaseModel
from moto.core.models import MockAWS
from moto.iam.access_control import PermissionResult
from moto.moto_api._internal import mock_random

from scenarios.cloud.kernel import moto_requests
from scenarios.cloud.kernel.botocore_hooks import shared_loader
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.moto_mends import OF_NO_SERVICE, Mend
from scenarios.cloud.kernel.moto_organizations import organizations
from scenarios.cloud.kernel.replaced import replaced

_MOTO = f"{Path(moto.__file__).parent}{os.sep}"
_SIMULATED = f"{Path(__file__).resolve().parents[2]}{os.sep}"


def _nothing(*_: Any, **__: Any) -> None:
    """Does nothing; replaces moto's own deliveries, and what nobody would see."""


def _never(*_: Any, **__: Any) -> None:
    raise NotSimulated("lambda", "moto was asked to run a function; the functions law runs them")


def _add_only(queue: Any, message: Any) -> None:
    """Put a message into a queue; moto would hand it to functions at once, and compare it with the others."""
    queue._messages.append(message)  # noqa: SLF001 - moto offers no other way


_URLS: dict[tuple[Any, tuple[str, ...], int], dict[str, Any]] = {}
_urls_of: Any = vars(BaseBackend)["urls"].fget


def _urls(backend: Any) -> dict[str, Any]:
    """The URLs of a service and who answers there, put together once for what its module says."""
    module = backend._url_module  # noqa: SLF001
    known = (module, tuple(module.url_bases), len(module.url_paths))
    if known not in _URLS:
        _URLS[known] = _urls_of(backend)
    return _URLS[known]


_load_service_model: Any = moto_utils._load_service_model  # noqa: SLF001


def _service_model_text(service_name: str, model_name: str) -> Any:
    """What botocore has read of a service for its clients, with moto's additions; moto would read it anew."""
    if model_name != "service-2":
        return _load_service_model(service_name, model_name)
    text = shared_loader().load_service_model(service_name, model_name)
    loader: Any = moto_loaders.create_loader()
    for each in loader._find_extras(service_name, model_name, text["metadata"]["apiVersion"]):  # noqa: SLF001
        text = _with(text, each["merge"])
    return text


def _with(text: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """A text with more in it; the text itself stays as it is."""
    return {
        **text,
        **{
            name: _with(text[name], value) if isinstance(text.get(name), dict) else value
            for name, value in more.items()
        },
    }


_load_resource: Any = moto_utilities.load_resource


class _Offerings(Sequence[dict[str, Any]]):
    """The types of instances that a region offers, read when they are first needed.

    Moto reads ninety files of them when its EC2 is imported, as its SSM does, and writes the kind of place
    into each offering; it is the first to go through them, and finds none yet.
    """

    def __init__(self, resource: str) -> None:
        self._resource = resource
        self._marked = False

    @cached_property
    def _read(self) -> list[dict[str, Any]]:
        kind = self._resource.split("/")[-2]
        return [{**offering, "LocationType": kind} for offering in _load_resource(self._resource)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if not self._marked:
            self._marked = True
            return iter(())
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)

    def __getitem__(self, index: Any) -> Any:
        return self._read[index]


def _resource(path: str) -> Any:
    return _Offerings(path) if "/instance_type_offerings/" in path else _load_resource(path)


_WITH_FILES = (s3_models.FakeKey, s3_models.FakeMultipart)


def _made(model: type, *_: Any, **__: Any) -> Any:
    """A model's instance. Moto lists all instances of all models, for its dashboard: it would fill memory.

    Of those that have files the list is needed: moto closes them by it.
    """
    instance: Any = object.__new__(model)
    if issubclass(model, _WITH_FILES):
        model.instances_tracked.append(instance)  # type: ignore[attr-defined]
    return instance


def forget_instances() -> None:
    """Empty moto's lists of instances."""
    for model in _WITH_FILES:
        model.instances_tracked.clear()


_read_method_names: Callable[[type], list[str]] = moto_responses.method_names_from_class


def _method_names(class_: type) -> list[str]:
    """The actions that a service's responses have; a mend that is put in or taken out may change them."""
    return _method_names_with(class_, len(vars(class_)))


@cache
def _method_names_with(class_: type, _attributes: int) -> list[str]:
    return _read_method_names(class_)


_underscored = cache(moto_utils.camelcase_to_underscores)

# What moto works out for every request, though it depends on moto's own code alone. And where moto ends, it
# makes each backend anew, EC2's with hundreds of images, before it throws them away.
_ONCE: tuple[Mend, ...] = (
    (BaseBackend, "reset", _nothing),
    (BaseModel, "__new__", staticmethod(_made)),
    (moto_models, "reset_model_data", forget_instances),
    (moto_responses, "camelcase_to_underscores", _underscored),
    (sqs_models, "camelcase_to_underscores", _underscored),
    (BaseBackend, "urls", property(_urls)),
    (moto_utils, "_load_service_model", _service_model_text),
    (moto_utilities, "load_resource", _resource),
    (moto_responses, "method_names_from_class", _method_names),
)

_RequestsMock: Any = type(moto_models.responses_mock)
_on_request = _RequestsMock._on_request  # noqa: SLF001


def _only_of_botocore(mock: Any, adapter: Any, request: Any, **kwargs: Any) -> Any:
    """No law would see a request by `requests`: moto would answer it without a caller, rights or records."""
    if mock is moto_models.responses_mock and mock._find_match(request)[0] is not None:  # noqa: SLF001
        address = request.url.partition("?")[0]
        raise NotSimulated(
            "HTTP", f"{request.method} {address} without an AWS client, by a presigned URL for instance"
        )
    return _on_request(mock, adapter, request, **kwargs)


_SWITCHED_OFF: tuple[Mend, ...] = (
    (_RequestsMock, "_on_request", _only_of_botocore),
    (sns_models.Subscription, "publish", _nothing),
    (s3_notifications, "send_event", _nothing),
    # Moto judges bucket policies without their conditions; the identity law judges them whole.
    (s3_models.FakeBucket, "get_permission", lambda *_, **__: PermissionResult.PERMITTED),
    (logs_models.LogStream, "_send_log_events", _nothing),
    (events_models.Rule, "send_to_targets", _nothing),
    (lambda_models.LambdaFunction, "_invoke_lambda", _never),
    (sqs_models.Queue, "add_message", _add_only),
    *_ONCE,
    *moto_requests.SHORTER,
    *OF_NO_SERVICE,
)


def draw_ids_from(seed: int | str) -> None:
    """Let what moto draws from here on (a key's id, a subscription's) come from the seed."""
    mock_random.seed(seed)


def seed_ids(seed: int) -> None:
    """Let every id that moto draws or counts come from the seed."""
    draw_ids_from(seed)
    logs_models.LogEvent._event_id = 0  # noqa: SLF001 - a counter that would go on from world to world


_REGISTERED: dict[str, list[Any]] = {}


def _start(mocked: MockAWS) -> None:
    """Start moto; what it registers for each method and URL of every service is put together once."""
    methods = moto_models.RESPONSES_METHODS
    moto_models.RESPONSES_METHODS = [] if _REGISTERED else methods
    try:
        mocked.start()
    finally:
        moto_models.RESPONSES_METHODS = methods
    registry: Any = moto_models.responses_mock._registry  # noqa: SLF001
    if not _REGISTERED:
        _REGISTERED.update({method: list(each) for method, each in registry._registered.items()})  # noqa: SLF001
    elif not registry._registered:  # noqa: SLF001 - moto had not been started before
        registry._registered.update({method: list(each) for method, each in _REGISTERED.items()})  # noqa: SLF001


@contextmanager
def bare_moto() -> Iterator[None]:
    """Moto started with empty state, for tests of code that needs boto3 alone: it answers as it does alone.

    Requests take the shorter way to it.
    """
    mocked = mock_aws()
    with replaced((*_ONCE, *moto_requests.SHORTER)):
        _start(mocked)
        try:
            moto_requests.begin()
            yield
        finally:
            mocked.stop()


@contextmanager
def moto_without_physics(seed: int, mends: tuple[Mend, ...] = ()) -> Iterator[None]:
    """Moto started with empty state, its ids from `seed`, its own deliveries switched off, and `mends` on."""
    mocked = mock_aws(config={"core": {"reset_boto3_session": True}})
    _start(mocked)
    with ExitStack() as leaving:
        leaving.callback(_let_subnets_go)
        leaving.enter_context(replaced((*_SWITCHED_OFF, *mends)))
        leaving.callback(mocked.stop)
        moto_requests.begin()
        seed_ids(seed)
        organizations().master_accounts.clear()  # moto leaves members where they were
        yield


def answer_of(request: Any, status: int, headers: Mapping[str, str], body: str | bytes) -> AWSResponse:
    """The answer to a request as botocore reads it, with the kind of body that moto gives it."""
    told = HTTPHeaders()
    for name, value in headers.items():
        told[name] = value
    return AWSResponse(request.url, status, told, stubber.MockRawResponse(body))


@contextmanager
def answers_before_moto(answer: Any) -> Iterator[None]:
    """Let `answer(service, request) -> AWSResponse | None` speak before moto, where retries see it.

    `service` is botocore's hyphenated service id, as in its event names: `cloudwatch-logs`, `s3`.
    """
    original = stubber.BotocoreStubber.__call__

    def call(self: Any, event_name: str, request: Any, **kwargs: Any) -> Any:
        service = event_name.split(".")[1]  # before-send.SERVICE.OPERATION
        return answer(service, request) or original(self, event_name, request, **kwargs)

    stubber.BotocoreStubber.__call__ = call
    try:
        yield
    finally:
        stubber.BotocoreStubber.__call__ = original


@contextmanager
def messages_tell(tell: Callable[[str], None]) -> Iterator[None]:
    """Report every message that is put into a queue, from any sender, by the queue's ARN."""
    add = sqs_models.Queue.add_message

    def added(queue: Any, message: Any) -> None:
        add(queue, message)
        tell(queue.queue_arn)

    sqs_models.Queue.add_message = added
    try:
        yield
    finally:
        sqs_models.Queue.add_message = add


@contextmanager
def stream_records_tell(tell: Callable[[str], None]) -> Iterator[None]:
    """Report every record that is put into a stream some function reads, by the stream's ARN.

    Moto would invoke the function at once, whatever its mapping says.
    """
    backend = lambda_models.LambdaBackend
    kept = backend.send_dynamodb_items, backend.send_kinesis_message

    def of_table(_: Any, function_arn: str, items: Any, source: str) -> str:
        del function_arn, items
        tell(source)
        return ""

    def of_stream(_: Any, *, kinesis_stream: str, **__: Any) -> None:
        tell(kinesis_stream)

    backend.send_dynamodb_items, backend.send_kinesis_message = of_table, of_stream
    try:
        yield
    finally:
        backend.send_dynamodb_items, backend.send_kinesis_message = kept


def crashed_in_moto(error: Exception) -> bool:
    """Whether moto itself crashed at a request that AWS would have answered."""
    if isinstance(error, BotoCoreError):
        return False
    if isinstance(error, ResponseParserError):  # it wrote into XML what XML can't hold
        return True
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    ours = [name for name in files if name.startswith((_MOTO, _SIMULATED))]
    return bool(ours) and ours[-1].startswith(_MOTO)


def _let_subnets_go() -> None:
    """Moto keeps each subnet that ever gave an address, and by it the whole of its EC2, for good."""
    if subnets := sys.modules.get("moto.ec2.models.subnets"):
        subnets.Subnet._base_avail_ip_iterator.cache_clear()  # noqa: SLF001 - the cache that keeps them
