"""What the simulated AWS relies on in moto's insides, one contract each. A new moto is let in by these."""

import gzip
import inspect
import json
from datetime import UTC, datetime

import boto3
import moto
import pytest
import requests
from moto import mock_aws
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.models import responses_mock

from scenarios.cloud.cloudformation.provision import provision
from scenarios.cloud.kernel import (
    moto_ec2,
    moto_events,
    moto_hooks,
    moto_iam,
    moto_lambda,
    moto_messages,
    moto_s3,
    moto_secrets,
    moto_state,
    moto_streams,
)
from scenarios.cloud.kernel.clock import Clock
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.moto_snapshots import Snapshot
from scenarios.cloud.kernel.randomness import seeded
from scenarios.cloud.services import REGISTRY
from tests.scenarios.cloud.functions.function_worlds import function
from tests.scenarios.cloud.small_worlds import (
    ACCOUNT,
    HOME,
    admin,
    arn,
    document,
    lets,
    may,
    permission,
    queue,
    rule,
    topic,
    trail,
    world,
)

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SESSION = boto3.Session(aws_access_key_id="AKIA", aws_secret_access_key="x", region_name=HOME)
MADE = {}
LOOK = arn("lambda", "function:look")

KEY_POLICY = document(
    {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
)
TRUST = json.dumps(
    document(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    )
)
STACK = {
    "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": KEY_POLICY}},
    "Alias": {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": "alias/watch", "TargetKeyId": {"Ref": "Key"}},
    },
    **queue(),
    **rule(name="watch"),
    **topic("cloudwatch", key="Key"),
    **function(statements=(may("*"),), Environment={"Variables": {"STAGE": "1"}}, Timeout=50, MemorySize=256),
    **permission("events", SourceArn=arn("events", "rule/watch")),
    **trail(),
    "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "kept"}},
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "ledger",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    },
    "Asynchronous": {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "FunctionName": {"Ref": "look"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 1,
            "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Heard", "Arn"]}}},
        },
    },
    "Filter": {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": {
            "FilterName": "root",
            "LogGroupName": {"Ref": "TrailGroup"},
            "FilterPattern": '{ $.userIdentity.type = "Root" }',
            "MetricTransformations": [{"MetricName": "Root", "MetricNamespace": "Watch", "MetricValue": "1"}],
        },
    },
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "root",
            "MetricName": "Root",
            "Namespace": "Watch",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "AlarmActions": [{"Ref": "Alerts"}],
        },
    },
}


def client(service):
    """Made once: making clients would take most of the time."""
    if service not in MADE:
        MADE[service] = SESSION.client(service)
    return MADE[service]


@pytest.fixture
def aws():
    """An empty account under frozen time, with moto's physics off."""
    with Clock(START) as clock, moto_hooks.moto_without_physics(0, REGISTRY.mends), seeded(0):
        yield clock


def build():
    moto_hooks.seed_ids(0)
    return provision(
        {"Resources": STACK},
        region=HOME,
        account=ACCOUNT,
        parameters={},
        stack_name="watch",
        session=SESSION,
        kinds=REGISTRY.kinds,
        validators=REGISTRY.validators,
    )


@pytest.fixture(scope="module")
def made():
    """The stack made once: what it is, what was read from it then, and its snapshot."""
    with Clock(START), moto_hooks.moto_without_physics(0, REGISTRY.mends), seeded(0):
        stack = build()
        fresh = {name: read(name) for name in READ_BACK}
        return stack, fresh, Snapshot.taken()


@pytest.fixture
def stack(aws, made):
    """The stack above, standing."""
    made[2].restore()
    return made[0]


def test_moto_is_the_one_these_contracts_were_made_with():
    assert moto.__version__ == "5.2.5"


# ---- moto's own physics is off ------------------------------------------------------------------


def bodies(name="Heard"):
    url = client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    return [
        message["Body"]
        for message in client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]


@pytest.mark.slow
def test_moto_delivers_nothing_of_a_topic(stack):
    client("sns").subscribe(TopicArn=arn("sns", "Alerts"), Protocol="sqs", Endpoint=arn("sqs", "Heard"))
    client("sns").subscribe(TopicArn=arn("sns", "Alerts"), Protocol="lambda", Endpoint=LOOK)
    client("sns").publish(TopicArn=arn("sns", "Alerts"), Message="m")

    assert bodies() == []


def test_moto_delivers_nothing_of_a_rule(stack):
    entry = {"Source": "a", "DetailType": "b", "Detail": "{}"}
    answer = client("events").put_events(Entries=[entry])

    assert answer["FailedEntryCount"] == 0
    assert bodies() == []


def test_moto_delivers_nothing_of_a_log_group(stack):
    logs = client("logs")
    logs.put_subscription_filter(logGroupName="trail", filterName="f", filterPattern="", destinationArn=LOOK)
    logs.create_log_stream(logGroupName="trail", logStreamName="s")
    logs.put_log_events(
        logGroupName="trail",
        logStreamName="s",
        logEvents=[{"timestamp": int(START.timestamp() * 1000), "message": "m"}],
    )

    events = logs.filter_log_events(logGroupName="trail")["events"]
    assert [event["message"] for event in events] == ["m"]


@pytest.mark.slow
def test_moto_delivers_nothing_of_a_bucket(stack):
    configuration = {"QueueArn": arn("sqs", "Heard"), "Events": ["s3:ObjectCreated:*"]}
    client("s3").put_bucket_notification_configuration(
        Bucket="tw-logs", NotificationConfiguration={"QueueConfigurations": [configuration]}
    )
    client("s3").put_object(Bucket="tw-logs", Key="k", Body=b"")

    assert [body for body in bodies() if "Records" in body] == []


def test_moto_judges_no_bucket_policy(stack):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    client("s3").put_bucket_policy(Bucket="tw-logs", Policy=json.dumps(document(deny)))

    client("s3").put_object(Bucket="tw-logs", Key="k", Body=b"")


def test_moto_runs_no_function(stack):
    with pytest.raises(NotSimulated, match="the functions law runs them"):
        client("lambda").invoke(FunctionName="look")


# As moto has them, read before anything here can have changed them.
OWN = [inspect.getattr_static(owner, name, None) for owner, name, _ in moto_hooks._SWITCHED_OFF]


def test_leaving_gives_moto_its_physics_back():
    with moto_hooks.moto_without_physics(0, REGISTRY.mends):
        put = moto_hooks._SWITCHED_OFF
        # Where a service mends what is switched off, its mend is there.
        there = {(id(owner), name): instead for owner, name, instead in (*put, *REGISTRY.mends)}
        assert all(inspect.getattr_static(owner, name) is there[id(owner), name] for owner, name, _ in put)

    assert [inspect.getattr_static(owner, name, None) for owner, name, _ in put] == OWN


# ---- ids ----------------------------------------------------------------------------------------


def ids(seed):
    """What moto draws for a role, a message, a group of security, a key; and the ids of log events."""
    with Clock(START), moto_hooks.moto_without_physics(seed, REGISTRY.mends):
        made = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["RoleId"]
        url = client("sqs").create_queue(QueueName="q")["QueueUrl"]
        message = client("sqs").send_message(QueueUrl=url, MessageBody="b")["MessageId"]
        key = client("kms").create_key()["KeyMetadata"]["KeyId"]
        client("logs").create_log_group(logGroupName="g")
        client("logs").create_log_stream(logGroupName="g", logStreamName="s")
        events = [{"timestamp": int(START.timestamp() * 1000), "message": "m"}]
        client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
        found = client("logs").filter_log_events(logGroupName="g")["events"]
        return made, message, key, [event["eventId"] for event in found]


@pytest.mark.parametrize("service", ["s3", "dynamodb", "logs", "iam"])
def test_a_service_answers_at_the_urls_where_moto_alone_has_it_answer(service):
    region = "us-east-1" if service in {"dynamodb", "logs"} else "aws"
    with mock_aws():
        alone = moto_state.backend(service, ACCOUNT, region).urls
    with moto_hooks.moto_without_physics(1):
        kept = [moto_state.backend(service, ACCOUNT, region).urls for _ in range(2)]

    assert kept == [alone, alone]
    assert kept[0] is kept[1]


def test_moto_listens_for_the_requests_it_listens_for_alone():
    def heard():
        registered = responses_mock._registry._registered
        return {method: [(each.url, each.callback) for each in some] for method, some in registered.items()}

    with mock_aws():
        alone = heard()
    for seed in (1, 2):
        with moto_hooks.moto_without_physics(seed):
            assert heard() == alone
    assert alone


@pytest.mark.slow
def test_ids_come_from_the_seed():
    assert ids(1) == ids(1)
    assert all(one != other for one, other in zip(ids(1)[:3], ids(2)[:3], strict=True))


# ---- before moto --------------------------------------------------------------------------------


def test_an_answer_can_come_before_motos_and_botocore_tries_again(aws):
    asked = []

    def once(service, request):
        asked.append((service, request.method))
        return moto_hooks.answer_of(request, 500, {}, b"") if len(asked) == 1 else None

    with Clock(START), moto_hooks.answers_before_moto(once), pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", aws.pass_time)
        answer = client("logs").describe_log_groups()

    assert asked == [("cloudwatch-logs", "POST")] * 2
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


# ---- reading state ------------------------------------------------------------------------------


def test_rules_stand_on_their_bus(stack):
    [found] = moto_events.rules(ACCOUNT, HOME, "default")

    assert (found.name, found.state) == ("watch", "ENABLED")
    assert json.loads(found.event_pattern.dump()) == {"account": [ACCOUNT]}
    assert found.targets[0]["Arn"] == arn("sqs", "Heard")
    assert moto_events.rules(ACCOUNT, HOME, "nowhere") == []


def test_a_bus_has_the_policy_it_was_given(stack):
    assert moto_events.bus_policy(ACCOUNT, HOME, "default") is None

    policy = document(
        {**lets("sns", "events:PutEvents", resource=arn("events", "event-bus/default")), "Sid": "s"}
    )
    client("events").put_permission(Policy=json.dumps(policy))

    assert moto_events.bus_policy(ACCOUNT, HOME, "default")["Statement"][0]["Action"] == ["events:PutEvents"]
    assert moto_events.bus_policy(ACCOUNT, HOME, "nowhere") is None


def test_buses_and_archives_are_found_by_name(stack):
    client("events").create_event_bus(Name="ours")
    bus = arn("events", "event-bus/ours")
    client("events").create_archive(ArchiveName="all", EventSourceArn=bus, RetentionDays=7)

    assert moto_events.buses(ACCOUNT, HOME) == ["default", "ours"]
    [found] = moto_events.archives(ACCOUNT, HOME).values()
    assert (found.event_bus_name, found.event_pattern.dump(), found.retention) == ("ours", None, 7)
    assert list(found.events) == []
    assert moto_events.archives(ACCOUNT, "eu-west-1") == {}


def test_the_resource_policies_of_logs_are_one_document(stack):
    assert moto_state.logs_policy(ACCOUNT, HOME)["Statement"] == []

    for service in ("events", "delivery.logs"):
        policy = document(lets(service, "logs:PutLogEvents"))
        client("logs").put_resource_policy(policyName=service, policyDocument=json.dumps(policy))

    services = [each["Principal"]["Service"] for each in moto_state.logs_policy(ACCOUNT, HOME)["Statement"]]
    assert services == ["events.amazonaws.com", "delivery.logs.amazonaws.com"]


@pytest.mark.parametrize("asked", [LOOK, f"{LOOK}:$LATEST"], ids=["ARN", "qualified ARN"])
def test_a_function_is_found_with_all_that_runs_it(stack, asked):
    found = moto_lambda.lambda_function(ACCOUNT, HOME, asked)

    assert (found.function_name, found.handler, found.run_time) == ("look", "app.look", "python3.13")
    assert (int(found.timeout), int(found.memory_size)) == (50, 256)
    assert found.role.endswith(":role/lookRole")
    assert found.environment_vars == {"STAGE": "1"}
    assert found.reserved_concurrency is None
    assert found.last_modified
    assert moto_lambda.lambda_function(ACCOUNT, HOME, f"{LOOK}-not") is None


def test_a_function_without_concurrency_says_so(stack):
    client("lambda").put_function_concurrency(FunctionName="look", ReservedConcurrentExecutions=0)

    assert moto_lambda.lambda_function(ACCOUNT, HOME, LOOK).reserved_concurrency in {0, "0"}


def test_a_functions_policy_is_a_document(stack):
    found = moto_lambda.lambda_function(ACCOUNT, HOME, LOOK)
    [statement] = moto_lambda.lambda_policy(found)["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnLike"] == {"AWS:SourceArn": arn("events", "rule/watch")}

    client("lambda").remove_permission(FunctionName="look", StatementId=statement["Sid"])
    assert moto_lambda.lambda_policy(found) is None


def test_the_newest_asynchronous_configuration_counts(stack):
    found = moto_lambda.lambda_function(ACCOUNT, HOME, LOOK)
    assert moto_lambda.event_invoke_config(found)["MaximumRetryAttempts"] == 1
    assert moto_lambda.event_invoke_config(found)["DestinationConfig"]["OnFailure"] == {
        "Destination": arn("sqs", "Heard")
    }

    client("lambda").put_function_event_invoke_config(FunctionName="look", MaximumRetryAttempts=0)
    assert moto_lambda.event_invoke_config(found)["MaximumRetryAttempts"] == 0

    client("lambda").delete_function_event_invoke_config(FunctionName="look")
    assert moto_lambda.event_invoke_config(found) == {}


def test_a_queue_shows_its_policy_and_its_messages_and_looking_takes_nothing_out(stack):
    found = moto_messages.queue(arn("sqs", "Heard"))
    url = client("sqs").get_queue_url(QueueName="Heard")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="b")

    assert [message.body for message in found._messages] == ["b"]
    assert json.loads(found.policy)["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}
    assert not found.lambda_event_source_mappings
    assert (found.name, found.account_id, found.region) == ("Heard", ACCOUNT, HOME)
    assert bodies() == ["b"]
    assert moto_messages.queue(arn("sqs", "Nowhere")) is None


def test_two_services_that_drew_the_same_id_are_told_apart(stack):
    first, second = BackendDict(BaseBackend, "a"), BackendDict(BaseBackend, "b")
    second._id = first._id

    assert first == first  # noqa: PLR0124 - it is what moto's list of all services asks
    assert first != second


def test_a_message_moves_from_one_queue_to_another_as_it_is(stack):
    found = moto_messages.queue(arn("sqs", "Heard"))
    url = client("sqs").get_queue_url(QueueName="Heard")["QueueUrl"]
    other = client("sqs").create_queue(QueueName="other")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="b")
    [message] = moto_messages.messages(found)
    moto_messages.move_message(found, message, moto_messages.queue(arn("sqs", "other")))

    assert (bodies(), moto_messages.messages(found)) == ([], [])
    [received] = client("sqs").receive_message(QueueUrl=other)["Messages"]
    assert (received["Body"], received["MessageId"]) == ("b", message.id)


def test_a_fifo_queue_keeps_what_is_remembered_of_it(stack):
    """Laws hang their own memory on moto's queue; a copy of the state takes it along."""
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "queue"}
    url = client("sqs").create_queue(QueueName="q.fifo", Attributes=attributes)["QueueUrl"]
    first = client("sqs").send_message(QueueUrl=url, MessageBody="b", MessageGroupId="g")
    again = client("sqs").send_message(QueueUrl=url, MessageBody="b", MessageGroupId="g")
    found = moto_messages.queue(arn("sqs", "q.fifo"))

    assert (found.fifo_queue, found.content_based_deduplication, found.deduplication_scope) == (
        True,
        True,
        "queue",
    )
    assert first["SequenceNumber"] == again["SequenceNumber"]
    [message] = moto_messages.messages(found)
    assert (message.group_id, message.id, len(message.deduplication_id)) == ("g", again["MessageId"], 64)


def test_a_subscription_that_is_gone_can_stand_again(stack):
    made = client("sns").subscribe(
        TopicArn=arn("sns", "Alerts"), Protocol="sqs", Endpoint=arn("sqs", "Heard")
    )["SubscriptionArn"]
    found = moto_messages.subscription(made)
    client("sns").unsubscribe(SubscriptionArn=made)
    assert moto_messages.subscription(made) is None

    moto_messages.remember_subscription(found)
    assert moto_messages.subscription(made) is found


def test_a_connection_keeps_its_secret_in_secrets_manager(stack):
    events = client("events")
    given = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "v"}}
    made = events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=given)
    found = moto_events.connection(made["ConnectionArn"])

    assert found is moto_events.connection_named(ACCOUNT, HOME, "c")
    assert (found.state, found.authorization_type) == ("AUTHORIZED", "API_KEY")
    assert json.loads(moto_secrets.secret_text(found.secret_arn)) == {
        "api_key_name": "X-Key",
        "api_key_value": "v",
    }
    moto_secrets.put_secret_text(found.secret_arn, "{}")
    assert moto_secrets.secret_text(found.secret_arn) == "{}"
    events.delete_connection(Name="c")
    assert moto_events.connection(made["ConnectionArn"]) is None
    assert moto_secrets.secret_text(found.secret_arn) is None


def test_an_api_destination_is_found_by_its_arn(stack):
    events = client("events")
    given = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "v"}}
    connection = events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=given)
    made = events.create_api_destination(
        Name="d",
        ConnectionArn=connection["ConnectionArn"],
        InvocationEndpoint="https://api.example/",
        HttpMethod="PUT",
    )["ApiDestinationArn"]
    found = moto_events.api_destination(made)

    assert (found.name, found.http_method, found.invocation_endpoint) == ("d", "PUT", "https://api.example/")
    assert (found.connection_arn, found.invocation_rate_limit_per_second) == (
        connection["ConnectionArn"],
        None,
    )
    assert moto_events.api_destination(made + "0") is None


def test_a_partners_bus_is_found_under_its_whole_name(stack):
    name = "aws.partner/example.com/orders/1"
    moto_events.offer_event_source(ACCOUNT, HOME, name)
    client("events").create_event_bus(Name=name, EventSourceName=name)
    client("events").put_rule(Name="r", EventBusName=name, EventPattern='{"source": ["x"]}')

    assert name in moto_events.buses(ACCOUNT, HOME)
    [found] = moto_events.rules(ACCOUNT, HOME, name)
    assert (found.name, found.arn) == ("r", arn("events", f"rule/{name}/r"))


def test_moto_reads_no_queue_for_a_function(stack):
    mapping = client("lambda").create_event_source_mapping(
        FunctionName="look", EventSourceArn=arn("sqs", "Heard")
    )
    url = client("sqs").get_queue_url(QueueName="Heard")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="b")

    assert bodies() == ["b"]
    [found] = moto_lambda.event_source_mappings(ACCOUNT, HOME)
    assert (found.uuid, found.enabled, found.batch_size) == (mapping["UUID"], True, 10)
    assert (found.event_source_arn, found.function_arn) == (arn("sqs", "Heard"), LOOK)
    assert (found.max_batch_window, found.function_response_types) == (None, None)


def test_whatever_is_put_into_a_queue_is_told(stack):
    told = []
    url = client("sqs").get_queue_url(QueueName="Heard")["QueueUrl"]
    with moto_hooks.messages_tell(told.append):
        client("sqs").send_message(QueueUrl=url, MessageBody="b")
    client("sqs").send_message(QueueUrl=url, MessageBody="c")

    assert told == [arn("sqs", "Heard")]
    assert bodies() == ["b", "c"]


def test_a_received_message_is_hidden_until_it_is_shown_again_or_deleted(stack):
    found = moto_messages.queue(arn("sqs", "Heard"))
    url = client("sqs").get_queue_url(QueueName="Heard")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="b")

    [message], given_up = moto_messages.receive(found, 10)
    assert (message.body, message.approximate_receive_count, given_up) == ("b", 1, 0)
    assert moto_messages.receive(found, 10) == ([], 0)
    [hidden] = moto_messages.messages(found)
    assert hidden.visible_at == (START.timestamp() + 30) * 1000

    moto_messages.show_again(found, message, 5)
    assert hidden.visible_at == (START.timestamp() + 5) * 1000
    moto_messages.delete_message(found, message)
    moto_messages.delete_message(found, message)
    assert moto_messages.messages(found) == []


def test_a_topic_shows_its_policy_its_key_and_who_is_subscribed(stack):
    found = moto_messages.topic(arn("sns", "Alerts"))
    [subscription] = moto_messages.subscriptions(arn("sns", "Alerts"))

    assert "cloudwatch.amazonaws.com" in found.policy
    assert found.kms_master_key_id == stack.resources["Key"].physical_id
    assert (subscription.protocol, subscription.endpoint) == ("email", "on-call@example.com")
    assert subscription.topic is found
    assert "FilterPolicy" not in subscription.attributes
    assert moto_messages.topic(arn("sns", "Nothing")) is None
    assert moto_messages.subscriptions(arn("sns", "Nothing")) == []


def test_a_log_group_shows_its_streams_and_filters(stack):
    client("logs").create_log_stream(logGroupName="trail", logStreamName="s")
    found = moto_state.log_group(ACCOUNT, HOME, "trail")

    assert list(found.streams) == ["s"]
    assert not found.subscription_filters
    [metric_filter] = moto_state.metric_filters(ACCOUNT, HOME, "trail")
    assert metric_filter["filterPattern"] == '{ $.userIdentity.type = "Root" }'
    assert metric_filter["metricTransformations"][0]["metricName"] == "Root"
    assert moto_state.log_group(ACCOUNT, HOME, "nothing") is None
    assert moto_state.metric_filters(ACCOUNT, HOME, "nothing") == []


def test_alarms_trails_and_buckets_are_found(stack):
    assert list(moto_state.alarms(ACCOUNT, HOME)) == ["root"]
    assert [found.trail_name for found in moto_state.trails(ACCOUNT, HOME)] == ["main"]
    assert "cloudtrail.amazonaws.com" in str(moto_s3.bucket(ACCOUNT, "tw-logs").policy)
    assert moto_state.alarms(ACCOUNT, "eu-west-1") == {}
    assert moto_state.trails(ACCOUNT, "eu-west-1") == []
    assert moto_s3.bucket(ACCOUNT, "nothing") is None


@pytest.mark.parametrize(
    "spelled",
    ["{id}", "{arn}", "alias/watch", arn("kms", "alias/watch")],
    ids=["key id", "key ARN", "alias", "alias ARN"],
)
def test_a_key_is_found_however_it_is_spelled(stack, spelled):
    key_id = stack.resources["Key"].physical_id
    found = moto_secrets.kms_key(spelled.format(id=key_id, arn=arn("kms", f"key/{key_id}")), ACCOUNT, HOME)

    assert found.arn == arn("kms", f"key/{key_id}")
    assert json.loads(found.policy) == KEY_POLICY


@pytest.mark.parametrize("spelled", ["alias/nothing", "00000000-0000-4000-8000-000000000000"])
def test_a_key_that_is_not_there_is_none(stack, spelled):
    assert moto_secrets.kms_key(spelled, ACCOUNT, HOME) is None


@pytest.mark.slow
def test_an_instance_shows_the_state_it_was_put_into(aws):
    image = client("ec2").describe_images()["Images"][0]["ImageId"]
    launched = client("ec2").run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    found = moto_ec2.instance(ACCOUNT, HOME, launched["InstanceId"])

    moto_ec2.put_instance_state(found, "stopped", 80)

    described = client("ec2").describe_instances()["Reservations"][0]["Instances"][0]
    assert moto_ec2.instance_state(found) == "stopped"
    assert described["State"] == {"Name": "stopped", "Code": 80}


def test_delivery_streams_and_domains_are_where_laws_look(stack):
    given = {"BucketARN": "arn:aws:s3:::b", "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/r"}
    feed = f"arn:aws:kinesis:{HOME}:{ACCOUNT}:stream/feed"
    made = client("firehose").create_delivery_stream(
        DeliveryStreamName="lake",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": feed, "RoleARN": given["RoleARN"]},
        ExtendedS3DestinationConfiguration=given,
    )["DeliveryStreamARN"]
    domain = client("opensearch").create_domain(DomainName="logs")["DomainStatus"]

    found = moto_streams.delivery_stream(made)
    assert (found.version_id, found.destinations[0]["ExtendedS3"]) == ("1", given)
    assert moto_streams.delivery_streams_from(ACCOUNT, HOME, feed) == [made]
    assert moto_streams.delivery_streams_from(ACCOUNT, HOME, f"{feed}2") == []
    for place in (domain["ARN"], domain["Endpoint"], f"https://{domain['Endpoint']}/"):
        assert moto_state.opensearch_domain(ACCOUNT, HOME, place).arn == domain["ARN"]
    assert moto_state.opensearch_domain(ACCOUNT, HOME, "https://elsewhere") is None


def test_what_an_instance_type_has_is_known():
    found = moto_ec2.instance_type("t3.micro")

    assert (found["VCpuInfo"]["DefaultVCpus"], found["MemoryInfo"]["SizeInMiB"]) == (2, 1024)


def test_a_role_shows_its_trust_and_its_policies_inline_and_attached(stack):
    policy = client("iam").create_policy(PolicyName="p", PolicyDocument=json.dumps(document(may("sqs:*"))))
    policy_arn = policy["Policy"]["Arn"]
    client("iam").attach_role_policy(RoleName="lookRole", PolicyArn=policy_arn)
    newer = json.dumps(document(may("sns:*")))
    client("iam").create_policy_version(PolicyArn=policy_arn, PolicyDocument=newer, SetAsDefault=True)
    found = moto_iam.role(ACCOUNT, "lookRole")

    inline, attached = [json.loads(text) for text in moto_iam.policies_of(found)]
    assert found.arn == f"arn:aws:iam::{ACCOUNT}:role/lookRole"
    assert "lambda.amazonaws.com" in str(found.assume_role_policy_document)
    assert inline["Statement"][0]["Action"] == "*"
    assert attached["Statement"][0]["Action"] == "sns:*"  # the version that is in force
    assert moto_iam.role(ACCOUNT, "nobody") is None


# ---- snapshots ----------------------------------------------------------------------------------


def key_id():
    return client("kms").describe_key(KeyId="alias/watch")["KeyMetadata"]["KeyId"]


READ_BACK = {
    "alarms": lambda: client("cloudwatch").describe_alarms(),
    "bucket policy": lambda: client("s3").get_bucket_policy(Bucket="tw-logs"),
    "bucket versioning": lambda: client("s3").get_bucket_versioning(Bucket="tw-logs"),
    "buckets": lambda: client("s3").list_buckets(),
    "event invoke config": lambda: client("lambda").get_function_event_invoke_config(FunctionName="look"),
    "function": lambda: client("lambda").get_function(FunctionName="look"),
    "function by ARN": lambda: client("lambda").get_function(FunctionName=LOOK),
    "function policy": lambda: client("lambda").get_policy(FunctionName="look"),
    "functions": lambda: client("lambda").list_functions(),
    "key aliases": lambda: client("kms").list_aliases(),
    "key": lambda: client("kms").describe_key(KeyId="alias/watch"),
    "key policy": lambda: client("kms").get_key_policy(KeyId=key_id(), PolicyName="default"),
    "keys": lambda: client("kms").list_keys(),
    "log groups": lambda: client("logs").describe_log_groups(),
    "metric filters": lambda: client("logs").describe_metric_filters(),
    "queue": lambda: client("sqs").get_queue_attributes(
        QueueUrl=client("sqs").get_queue_url(QueueName="Heard")["QueueUrl"], AttributeNames=["All"]
    ),
    "role": lambda: client("iam").get_role(RoleName="lookRole"),
    "role policy": lambda: client("iam").get_role_policy(RoleName="lookRole", PolicyName="p"),
    "roles": lambda: client("iam").list_roles(),
    "rules": lambda: client("events").list_rules(),
    "subscriptions": lambda: client("sns").list_subscriptions(),
    "table": lambda: client("dynamodb").describe_table(TableName="ledger"),
    "targets": lambda: client("events").list_targets_by_rule(Rule="watch"),
    "topic": lambda: client("sns").get_topic_attributes(TopicArn=arn("sns", "Alerts")),
    "trail": lambda: client("cloudtrail").get_trail(Name="main"),
    "trail status": lambda: client("cloudtrail").get_trail_status(Name="main"),
}


def read(name):
    answer = READ_BACK[name]()
    del answer["ResponseMetadata"]
    return answer


@pytest.fixture
def restored(stack, made):
    """What was read from the account when it was fresh, and the snapshot that stands in its place."""
    return made[1:]


@pytest.mark.parametrize("name", READ_BACK)
def test_what_is_read_from_a_restored_account_is_what_a_fresh_one_says(restored, name):
    assert read(name) == restored[0][name]


def test_the_laws_see_the_restored_account_as_well(restored):
    look = moto_lambda.lambda_function(ACCOUNT, HOME, LOOK)
    assert look.environment_vars == {"STAGE": "1"}
    assert moto_state.backend("lambda", ACCOUNT, HOME)._lambdas.get_arn(LOOK) is look
    assert moto_messages.subscriptions(arn("sns", "Alerts"))[0].topic is moto_messages.topic(
        arn("sns", "Alerts")
    )
    assert moto_secrets.kms_key("alias/watch", ACCOUNT, HOME).policy
    assert moto_s3.bucket(ACCOUNT, "tw-logs").policy


def everything_used():
    """Put something into each service, and take it out again."""
    url = client("sqs").get_queue_url(QueueName="Heard")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="b")
    client("dynamodb").put_item(TableName="ledger", Item={"id": {"S": "1"}})
    client("s3").put_object(Bucket="tw-logs", Key="k", Body=gzip.compress(b"x", mtime=0))
    client("logs").create_log_stream(logGroupName="trail", logStreamName="s")
    secret = client("kms").encrypt(KeyId="alias/watch", Plaintext=b"p")["CiphertextBlob"]
    configuration = {"FunctionName": LOOK, "Environment": {"Variables": {"STAGE": "2"}}}
    client("lambda").update_function_configuration(**configuration)
    client("lambda").tag_resource(Resource=LOOK, Tags={"by": "ARN"})
    client("iam").put_role_policy(
        RoleName="lookRole", PolicyName="q", PolicyDocument=json.dumps(document(may("*")))
    )
    client("s3").delete_bucket_policy(Bucket="tw-logs")
    client("events").disable_rule(Name="watch")
    return {
        "sqs": [client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"]],
        "dynamodb": client("dynamodb").scan(TableName="ledger")["Count"],
        "s3": client("s3").list_objects_v2(Bucket="tw-logs")["KeyCount"],
        "logs": len(client("logs").describe_log_streams(logGroupName="trail")["logStreams"]),
        "kms": client("kms").decrypt(CiphertextBlob=secret)["Plaintext"],
        "lambda": client("lambda").get_function(FunctionName="look")["Configuration"]["Environment"],
        "tags": client("lambda").get_function(FunctionName="look")["Tags"],
        "iam": client("iam").list_role_policies(RoleName="lookRole")["PolicyNames"],
        "events": client("events").describe_rule(Name="watch")["State"],
    }


@pytest.mark.slow
def test_a_restored_account_works_and_the_next_one_knows_nothing_of_it(restored):
    fresh, snapshot = restored
    first = everything_used()
    snapshot.restore()

    assert {name: read(name) for name in READ_BACK} == fresh
    assert bodies() == []
    assert everything_used() == first
    assert first["sqs"] == ["b"]
    assert (first["dynamodb"], first["s3"], first["logs"], first["kms"]) == (1, 1, 1, b"p")
    assert first["lambda"] == {"Variables": {"STAGE": "2"}}
    assert first["tags"]["by"] == "ARN"
    assert first["iam"] == ["p", "q"]


@pytest.mark.slow
def test_a_restored_account_draws_the_ids_a_fresh_one_would(restored):
    _, snapshot = restored
    first = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["RoleId"]
    snapshot.restore()

    assert client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["RoleId"] == first


@pytest.mark.slow
def test_what_was_there_before_is_gone(aws, made):
    elsewhere = SESSION.client("sqs", region_name="eu-west-1")
    client("sqs").create_queue(QueueName="Before")
    elsewhere.create_queue(QueueName="Before")
    made[2].restore()

    names = [url.rpartition("/")[2] for url in client("sqs").list_queues()["QueueUrls"]]
    assert names == ["Heard"]
    assert "QueueUrls" not in elsewhere.list_queues()


def test_leaving_makes_no_state_anew(monkeypatch):
    """moto alone makes each backend again before it throws it away, EC2's with hundreds of images."""
    made = []
    queues = type(moto_state.backend("sqs", ACCOUNT, HOME))
    begin = queues.__init__

    def begins(backend, region_name, account_id):
        made.append(region_name)
        begin(backend, region_name, account_id)

    with moto_hooks.moto_without_physics(0, REGISTRY.mends):
        monkeypatch.setattr(queues, "__init__", begins)
        moto_state.backend("sqs", ACCOUNT, HOME)

    assert made == [HOME]
    assert BackendDict._instances == []


@pytest.mark.slow
def test_no_model_is_remembered_once_its_world_is_over(restored):
    from moto.core.model_instances import model_data

    with_files = {"FakeKey", "FakeMultipart"}  # moto closes their files by these lists

    def remembered():
        models = (model for models in model_data.values() for model in models.values())
        return {model.__name__: len(model.instances_tracked) for model in models}

    before = remembered()
    everything_used()
    more = {name for name, number in remembered().items() if number > before[name]}
    restored[1].restore()

    assert more
    assert more <= with_files
    assert {name for name, number in remembered().items() if number} & with_files == set()


@pytest.mark.slow
def test_a_role_can_be_made_twice_in_two_worlds(made):
    for _ in range(2):
        with Clock(START), moto_hooks.moto_without_physics(0, REGISTRY.mends):
            made[2].restore()
            client("iam").create_role(RoleName="again", AssumeRolePolicyDocument=TRUST)


# ---- buckets: what moto gets wrong is put right --------------------------------------------------


@pytest.mark.slow
def test_versions_and_delete_markers_of_an_object_are_told_apart(stack):
    del stack
    s3 = SESSION.client("s3")
    kept = s3.put_object(Bucket="tw-logs", Key="told", Body=b"x")["VersionId"]
    s3.delete_object(Bucket="tw-logs", Key="told")

    (bucket,) = (each for each in moto_s3.buckets(ACCOUNT) if each.name == "tw-logs")
    first, marker = bucket.keys.getlist("told")
    assert [moto_s3.is_delete_marker(each) for each in (first, marker)] == [False, True]
    assert moto_s3.object_version(ACCOUNT, "tw-logs", "told") is None
    found = moto_s3.object_version(ACCOUNT, "tw-logs", "told", kept)
    assert (found.name, found.version_id, found.storage_class) == ("told", kept, "STANDARD")
    assert found.is_locked(governance_bypass=False) is False
    assert moto_s3.object_version(ACCOUNT, "nowhere", "told") is None


def without_account_prefix(model):
    """botocore takes the account's prefix out of S3 Control's model at the first call of each operation.

    Source: remove_accid_host_prefix_from_model in botocore's handlers.
    """
    operations = {
        name: {**each, "endpoint": {k: v for k, v in each.get("endpoint", {}).items() if k != "hostPrefix"}}
        for name, each in model["operations"].items()
    }
    return {**model, "operations": operations}


@pytest.mark.slow
@pytest.mark.parametrize("service", ["cloudfront", "ec2", "route53", "s3control", "sesv2", "sqs"])
def test_a_services_model_has_what_moto_adds_to_it(service):
    alone = moto_hooks._load_service_model(service, "service-2")

    ours = moto_hooks._service_model_text(service, "service-2")
    assert without_account_prefix(ours) == without_account_prefix(alone)


def test_what_moto_adds_to_a_services_model_is_not_botocores():
    moto_hooks._service_model_text("sqs", "service-2")

    assert (
        "error"
        not in moto_hooks.shared_loader().load_service_model("sqs", "service-2")["shapes"]["OverLimit"]
    )


def test_what_a_region_offers_is_what_moto_reads_at_once():
    path = "ec2/resources/instance_type_offerings/region/eu-west-1.json.gz"
    alone = moto_hooks._load_resource(path)
    for offering in alone:
        offering["LocationType"] = "region"

    lazy = moto_hooks._resource(path)
    first = list(lazy)

    assert first == []  # when moto marks each
    assert list(lazy) == alone
    assert (len(lazy), lazy[0]) == (len(alone), alone[0])


@pytest.mark.slow
def test_ec2_says_what_a_region_offers(aws):
    asked = {"Filters": [{"Name": "instance-type", "Values": ["t3.micro", "t9.mega"]}]}

    found = client("ec2").describe_instance_type_offerings(LocationType="region", **asked)

    assert [each["InstanceType"] for each in found["InstanceTypeOfferings"]] == ["t3.micro"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_request_that_no_client_of_aws_sent_is_not_answered_behind_the_laws(method):
    with world(queue()) as each:
        store = admin(each, "s3")
        store.create_bucket(Bucket="kept-here")
        url = store.generate_presigned_url("get_object", Params={"Bucket": "kept-here", "Key": "a"})

        with pytest.raises(
            NotSimulated, match=f"HTTP: {method} https://kept-here.s3.amazonaws.com/a without"
        ):
            requests.request(method, url, timeout=1)


def test_an_action_that_a_mend_adds_is_known_however_early_the_names_were_read(monkeypatch):
    class Responses:
        def describe(self):
            """One that moto has."""

    assert moto_hooks._method_names(Responses) == ["describe"]
    monkeypatch.setattr(Responses, "put", Responses.describe, raising=False)

    assert moto_hooks._method_names(Responses) == ["describe", "put"]
