"""A client made of what was made before is the client that botocore makes alone."""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ProfileNotFound, UnknownServiceError
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import Loader
from botocore.parsers import create_parser
from botocore.utils import EVENT_ALIASES

from scenarios.cloud.kernel.botocore_hooks import data_read_once, shared_loader, work_done_once

SERVICES = ("dynamodb", "s3", "sts", "logs", "cloudwatch", "events", "iam", "sns")
CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, user_agent_extra="trailwarden")


def session():
    return boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")


def client(service, region="eu-west-1"):
    return session().client(service, region_name=region, config=CONFIG)


def handlers(each):
    """Which handlers hear which events, by their names, in their order."""

    def below(node, name):
        for section in node["values"] or ():
            yield from ((name, getattr(one, "__qualname__", type(one).__name__)) for one in section)
        for chunk, child in node["children"].items():
            yield from below(child, f"{name}.{chunk}")

    return list(below(each.meta.events._emitter._handlers._root, ""))


def described(each):
    """All of a client that a caller could notice."""
    config = {name: value for name, value in vars(each.meta.config).items() if not name.startswith("__")}
    return {
        "methods": {name for name in dir(each) if not name.startswith("__")},
        "bases": [base.__name__ for base in type(each).__mro__],
        "handlers": handlers(each),
        "config": config,
        "region": each.meta.region_name,
        "endpoint": each.meta.endpoint_url,
        "partition": each.meta.partition,
        "agent": each._user_agent_creator.to_string(),
        "signs": (each._request_signer.signing_name, each._request_signer.signature_version),
        "operations": each.meta.method_to_api_mapping,
        "errors": sorted(each.exceptions._code_to_exception),
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_client_is_the_one_that_botocore_makes_alone(service):
    alone = described(client(service))

    with work_done_once():
        client(service)
        second = described(client(service))

    assert second == alone


@pytest.mark.slow
def test_a_request_goes_where_botocore_alone_would_send_it():
    asked = {"Params": {"Bucket": "b", "Key": "k"}, "ExpiresIn": 60}

    def url(region):
        return client("s3", region).generate_presigned_url("get_object", **asked).partition("?")[0]

    alone = [url(region) for region in ("eu-west-1", "us-east-1", "cn-north-1")]
    with work_done_once():
        kept = [url(region) for region in ("eu-west-1", "us-east-1", "cn-north-1")] * 2

    assert kept == alone * 2
    assert len(set(alone)) == 2  # presigned, the regions of one partition share a host


def test_what_is_registered_on_a_client_only_that_client_hears():
    with work_done_once():
        first, second = client("dynamodb"), client("dynamodb")
        before = handlers(second)
        first.meta.events.register("before-call.dynamodb", lambda **_: None)
        third = client("dynamodb")

    assert handlers(second) == before == handlers(third)
    assert len(handlers(first)) == len(before) + 1


def test_what_is_registered_on_a_session_no_other_session_hears():
    with work_done_once():
        one = session()
        one.events.register("before-call.dynamodb", lambda **_: None)

        assert len(handlers(one.client("dynamodb"))) == len(handlers(session().client("dynamodb"))) + 1


def test_what_shares_handlers_can_change_its_own_after_the_world_too():
    def heard(**_):
        pass

    with work_done_once():
        first, second = (client("dynamodb") for _ in range(2))
        before = handlers(second)
    for _ in range(2):
        first.meta.events.register("before-call.dynamodb", heard)
        first.meta.events.unregister("before-call.dynamodb", heard)
        second.meta.events.register_last("needs-retry.dynamodb", heard)
        second.meta.events.unregister("needs-retry.dynamodb", heard)
    first.meta.events.register_first("before-call.dynamodb.PutItem.deep", heard)

    assert handlers(second) == before
    with work_done_once():
        assert handlers(client("dynamodb")) == before
    assert len(handlers(first)) == len(before) + 1


def test_a_handler_must_take_any_keyword_as_ever():
    def narrow(params):
        pass

    def wide(params, **_):
        pass

    with work_done_once():
        events = client("dynamodb").meta.events
        events.register("before-call", wide)
        with pytest.raises(ValueError, match="keyword"):
            events.register("before-call", narrow)


def test_a_profile_that_is_not_there_is_still_missed(monkeypatch):
    with work_done_once():
        session().client("dynamodb")
        monkeypatch.setenv("AWS_PROFILE", "nobody")

        with pytest.raises(ProfileNotFound):
            boto3.Session(aws_access_key_id="a", aws_secret_access_key="b").client("dynamodb", "us-east-1")


def test_a_variable_counts_from_when_it_is_set(monkeypatch):
    with work_done_once():
        before = session().client("dynamodb").meta.config.retries
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
        meanwhile = session().client("dynamodb").meta.config.retries
        monkeypatch.delenv("AWS_MAX_ATTEMPTS")
        after = session().client("dynamodb").meta.config.retries

    assert meanwhile["total_max_attempts"] == 7
    assert before == after != meanwhile


def test_a_call_of_s3_changes_paths_for_clients_alone():
    with work_done_once():
        s3 = client("s3")
        s3.generate_presigned_url("create_bucket", {"Bucket": "any"})
        ours = s3.meta.service_model.operation_model("CreateBucket").http
        read = shared_loader().load_service_model("s3", "service-2")["operations"]["CreateBucket"]["http"]

    assert ours["requestUri"] == ""
    assert read == {"method": "PUT", "requestUri": "/{Bucket}"}


def test_what_is_set_on_a_clients_class_no_other_client_has():
    with work_done_once():
        type(client("dynamodb")).put_item = None

        assert callable(client("dynamodb").put_item)


def test_each_client_has_its_own_patience():
    """What one function's retries have used up, another's still has."""

    def quotas(each):
        found = each.meta.events._emitter._handlers._root["children"]["needs-retry"]["children"]["dynamodb"]
        return [handler.__self__ for handler in found["values"].middle]

    with work_done_once():
        first, second = quotas(client("dynamodb")), quotas(client("dynamodb"))

    assert first
    assert not {id(each) for each in first} & {id(each) for each in second}


def test_botocore_is_left_as_it_was():
    with work_done_once():
        kept = client("dynamodb")

    assert kept.meta.service_model is not client("dynamodb").meta.service_model


def test_a_service_that_is_not_there_is_still_not_there():
    with work_done_once(), pytest.raises(UnknownServiceError):
        client("dynamo")


@pytest.mark.parametrize(
    ("service", "what"),
    [
        pytest.param("ce", "paginators-1", id="with extras"),
        pytest.param("cloudfront", "service-2", id="of many versions"),
        pytest.param("sts", "endpoint-rule-set-1", id="rules"),
    ],
)
def test_what_is_read_of_a_service_is_what_botocore_reads(service, what):
    assert shared_loader().load_service_model(service, what) == Loader().load_service_model(service, what)


@pytest.mark.parametrize(
    ("service", "what"),
    [
        pytest.param("dynamo", "service-2", id="no service"),
        pytest.param("sts", "paginators-2", id="nothing of the kind"),
        pytest.param("", "service-2", id="no name"),
        pytest.param("../data/sts", "service-2", id="a path"),
    ],
)
def test_what_botocore_does_not_know_is_refused_in_its_words(service, what):
    said = []
    for loader in (Loader(), shared_loader()):
        with pytest.raises(UnknownServiceError) as refused:
            loader.load_service_model(service, what)
        said.append(str(refused.value))

    assert said[0] == said[1]


def test_a_session_that_is_made_before_a_world_reads_what_worlds_read():
    with data_read_once():
        before = session()
    with work_done_once():
        models = [each.client("dynamodb").meta.service_model for each in (before, session())]

    assert models[0] is models[1]


def test_an_events_name_becomes_what_botocore_alone_makes_of_it():
    names = [spec[0] for spec in BUILTIN_HANDLERS] + [
        f"before-call.{old}.Operation{tail}" for old in EVENT_ALIASES for tail in ("", ".lex")
    ]
    alone = [EventAliaser(HierarchicalEmitter())._alias_event_name(name) for name in names]

    with work_done_once():
        aliaser = EventAliaser(HierarchicalEmitter())

        assert [aliaser._alias_event_name(name) for name in names * 2] == alone * 2
    assert alone != names


# Answers of DynamoDB: values have one key each, some are bytes or lists of values; one kind is unknown.
ITEMS = [
    {"Item": {"pk": {"S": "a"}, "n": {"N": "1"}, "b": {"B": "YQ=="}, "bs": {"BS": ["YQ==", "Yg=="]}}},
    {"Item": {"map": {"M": {"in": {"L": [{"BOOL": True}, {"NULL": True}, {"M": {}}]}}}}},
    {
        "Item": {
            "new": {"X": "a kind that botocore does not know"},
            "none": {"S": None},
            "two": {"S": "a", "N": "1"},
        }
    },
    {"Item": {}},
    {"Item": None},
    {"Unknown": {"S": "a"}},
]


@pytest.mark.parametrize("body", ITEMS)
def test_an_answer_with_values_of_one_key_is_read_as_botocore_alone_reads_it(body):
    def read():
        model = boto3.Session(region_name="eu-west-1").client("dynamodb").meta.service_model
        parser = create_parser("json")
        answer = {"status_code": 200, "headers": {}, "body": json.dumps(body).encode()}
        return parser.parse(answer, model.operation_model("GetItem").output_shape)

    alone = read()
    with work_done_once():
        assert read() == alone
