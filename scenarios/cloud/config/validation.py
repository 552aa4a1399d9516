"""What AWS Config refuses beyond what moto does.

Sources: https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigurationRecorder.html,
https://docs.aws.amazon.com/config/latest/APIReference/API_PutDeliveryChannel.html; the words about buckets:
https://github.com/hashicorp/terraform-provider-aws/issues/8655, about roles:
https://github.com/aws/aws-cli/issues/3516
"""

from scenarios.cloud.authorization.trust import service_may
from scenarios.cloud.config.managed.all_rules import SIMULATED, is_of_aws
from scenarios.cloud.config.recording import DAILY
from scenarios.cloud.config.resource_types.all_types import RESOURCE_COMPLIANCE, TYPES
from scenarios.cloud.config.resource_types.view import SERVICE
from scenarios.cloud.kernel import moto_lambda, moto_messages, moto_s3, moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request, Validation

# https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingModeOverride.html
_ONLY_CONTINUOUS = (
    "AWS::Config::ConfigurationRecorder",
    "AWS::Config::ConformancePackCompliance",
    RESOURCE_COMPLIANCE,
)


def recorder(request: Request) -> None:
    """A recorder: its role, and its mode."""
    given = request.parameters["ConfigurationRecorder"]
    if not given.get("roleARN"):
        raise Refused(
            "InvalidRoleException",
            "You have provided a null or empty Amazon Resource Name (ARN) for the IAM role assumed by AWS "
            "Config and used by the configuration recorder.",
        )
    mode = given.get("recordingMode")
    overrides = mode.get("recordingModeOverrides", ()) if mode else ()
    for each in overrides:
        _override(each["resourceTypes"], each["recordingFrequency"])


def _override(types: list[str], frequency: str) -> None:
    for each in types:
        if frequency == DAILY and each in _ONLY_CONTINUOUS:
            raise Refused("ValidationException", f"Daily recording is not supported for {each}.")


def channel(request: Request) -> None:
    """A channel: a recorder must be there before, and its bucket."""
    given = request.parameters["DeliveryChannel"]
    backend = moto_state.backend("config", request.account, request.region)
    if not backend.recorders:
        raise Refused(
            "NoAvailableConfigurationRecorderException",
            "Configuration recorder is not available to put delivery channel.",
        )
    bucket = given.get("s3BucketName")
    if bucket and moto_s3.bucket(request.account, bucket) is None:
        raise Refused(
            "NoSuchBucketException", f"Cannot find a S3 bucket with the given bucket name: {bucket}"
        )
    topic = given.get("snsTopicARN")
    if topic and moto_messages.topic(topic) is None:
        raise Refused("InvalidSNSTopicARNException", f"The sns topic arn '{topic}' is not valid.")


def rule(request: Request) -> None:
    """A rule: a recorder must be there, and the function of a custom rule must let Config in."""
    given = request.parameters["ConfigRule"]
    owner, identifier = given["Source"]["Owner"], given["Source"].get("SourceIdentifier", "")
    if not moto_state.backend("config", request.account, request.region).recorders:
        raise Refused(
            "NoAvailableConfigurationRecorderException",
            "Configuration Recorder is not available to put config rule.",
        )
    if owner == "CUSTOM_POLICY":
        raise NotSimulated("config", "rules of Guard policies (CUSTOM_POLICY)")
    _scope(given.get("Scope", {}).get("ComplianceResourceTypes", ()))
    modes = [each["Mode"] for each in given.get("EvaluationModes", ())]
    if "PROACTIVE" in modes:
        raise NotSimulated("config", "proactive evaluation")
    if owner == "CUSTOM_LAMBDA" and identifier:
        _function(request, identifier)
    elif owner == "AWS":
        _managed(identifier)


def _scope(types: list[str]) -> None:
    """A rule that would never be asked: of none of its types are there items.

    No page says how AWS answers a type that it doesn't record, such as AWS::EC2::Image.
    """
    if types and not any(each in TYPES for each in types):
        raise NotSimulated("config", f"a rule about {', '.join(types)}, of which nothing is recorded")


def _function(request: Request, arn: str) -> None:
    function = moto_lambda.lambda_function(request.account, request.region, arn)
    policy = moto_lambda.lambda_policy(function) if function is not None else None
    if policy is None or not service_may(
        SERVICE,
        "lambda:InvokeFunction",
        resource=arn,
        policy=policy,
        account=request.account,
        region=request.region,
    ):
        raise Refused(
            "InsufficientPermissionsException",
            f"The AWS Lambda function {arn} cannot be invoked. Check the specified function ARN, and check "
            "the function's permissions.",
        )


def _managed(identifier: str) -> None:
    """One that AWS doesn't have, moto refuses."""
    if identifier not in SIMULATED and is_of_aws(identifier):
        raise NotSimulated("config", f"the managed rule {identifier}")


VALIDATION = Validation(
    code="ValidationException",
    rules={
        "PutConfigurationRecorder": (recorder,),
        "PutDeliveryChannel": (channel,),
        "PutConfigRule": (rule,),
    },
)
