"""AWS::Lambda: functions, who may invoke them, what becomes of failed events, queues they read.

The shapes list the properties; values that Lambda refuses are in `validation`.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Lambda.html; CreateFunction,
AddPermission, PutResourcePolicy, PutFunctionEventInvokeConfig and CreateEventSourceMapping of the Lambda API.
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, made_again, only
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Inert,
    Many,
    Number,
    PolicyDocument,
    Refused,
    Shape,
    Table,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.functions.code import inline, packaged
from scenarios.cloud.functions.resource_policies import replace
from scenarios.cloud.functions.urls import change_url, create_url
from scenarios.cloud.kernel import moto_lambda
from scenarios.cloud.kernel.arns import account_of, function_name, qualifier_of, unqualified
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.kernel.stack import Resource

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html: Python runs in this one, others stand.
_RUNTIMES = (
    *("python3.8", "python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"),
    *("nodejs16.x", "nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"),
    *("java8.al2", "java11", "java17", "java21", "java25", "dotnet6", "dotnet8", "dotnet10"),
    *("ruby3.2", "ruby3.3", "ruby3.4", "provided.al2", "provided.al2023"),
)

_CODE = Shape(
    fields={
        "ImageUri": Refused(because="functions in containers"),
        "S3Bucket": Text(),
        "S3Key": Text(),
        "S3ObjectVersion": Text(),
        "ZipFile": Text(longest=4_194_304),
    },
)
_LEVEL = Text(choices=("DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"))
_LOGGING = Shape(
    fields={
        "ApplicationLogLevel": _LEVEL,
        "LogFormat": Text(choices=("JSON", "Text")),
        "LogGroup": Text(pattern=r"[.\-_/#A-Za-z0-9]{1,512}"),
        "SystemLogLevel": Text(choices=("DEBUG", "INFO", "WARN")),
    }
)

FUNCTION = Shape(
    fields={
        "Architectures": Many(of=Text(choices=("arm64", "x86_64")), least=1, most=1),
        "Code": _CODE,
        "DeadLetterConfig": Shape(fields={"TargetArn": arn()}),
        "Description": Text(),
        "Environment": Shape(fields={"Variables": Table(of=Text())}),
        "EphemeralStorage": Shape(fields={"Size": Whole(low=512, high=10240)}, required=("Size",)),
        "FunctionName": Text(pattern=r"[a-zA-Z0-9_-]{1,64}"),
        "Handler": Text(),
        "KmsKeyArn": arn("kms"),
        "Layers": Many(of=arn("lambda"), most=5),
        "LoggingConfig": Inert(
            because="the law of functions reads it from the stack: moto keeps no logging config",
            form=_LOGGING,
        ),
        "MemorySize": Whole(),
        "PackageType": Text(choices=("Zip",)),
        "ReservedConcurrentExecutions": Whole(),
        "Role": arn("iam"),
        "Runtime": Text(choices=_RUNTIMES),
        "Tags": TAGS,
        "Timeout": Whole(),
        "TracingConfig": Shape(fields={"Mode": Text()}),
        "VpcConfig": Shape(
            fields={
                "Ipv6AllowedForDualStack": Inert(because="no packet travels", form=Flag()),
                "SecurityGroupIds": Many(of=Text(), most=5),
                "SubnetIds": Many(of=Text(), most=16),
            }
        ),
    },
    required=("Code", "Handler", "Role", "Runtime"),
)

RESOURCE_POLICY = Shape(
    fields={"PolicyDocument": PolicyDocument(of_resource=True), "ResourceArn": arn("lambda")},
    required=("PolicyDocument", "ResourceArn"),
)

PERMISSION = Shape(
    fields={
        "Action": Text(),
        "EventSourceToken": Refused(because="Alexa's tokens"),
        "FunctionName": Text(),
        "FunctionUrlAuthType": Text(choices=("AWS_IAM", "NONE")),
        "InvokedViaFunctionUrl": Flag(),
        "Principal": Text(),
        "PrincipalOrgID": Text(),
        "SourceAccount": Text(),
        "SourceArn": arn(),
    },
    required=("Action", "FunctionName", "Principal"),
)

_DESTINATION = Shape(fields={"Destination": arn()}, required=("Destination",))
EVENT_INVOKE_CONFIG = Shape(
    fields={
        "DestinationConfig": Shape(fields={"OnFailure": _DESTINATION, "OnSuccess": _DESTINATION}),
        "FunctionName": Text(),
        "MaximumEventAgeInSeconds": Whole(),
        "MaximumRetryAttempts": Whole(),
        "Qualifier": Text(pattern=r"\$LATEST|[a-zA-Z0-9_-]{1,128}"),
    },
    required=("FunctionName", "Qualifier"),
)

_PROVISIONED = Refused(because="provisioned concurrency")
VERSION = Shape(
    fields={
        "CodeSha256": Text(),
        "Description": Text(longest=256),
        "FunctionName": Text(),
        "ProvisionedConcurrencyConfig": _PROVISIONED,
        "RuntimePolicy": Inert(because="every version runs in this Python"),
    },
    required=("FunctionName",),
)

_WEIGHT = Shape(
    fields={"FunctionVersion": Text(), "FunctionWeight": Number()},
    required=("FunctionVersion", "FunctionWeight"),
)
ALIAS = Shape(
    fields={
        "Description": Text(longest=256),
        "FunctionName": Text(),
        "FunctionVersion": Text(pattern=r"\$LATEST|[0-9]+"),
        "Name": Text(pattern=r"(?!^[0-9]+$)[a-zA-Z0-9_-]{1,128}"),
        "ProvisionedConcurrencyConfig": _PROVISIONED,
        "RoutingConfig": Shape(fields={"AdditionalVersionWeights": Many(of=_WEIGHT, most=1)}),
    },
    required=("FunctionName", "FunctionVersion", "Name"),
)

EVENT_SOURCE_MAPPING = Shape(
    fields={
        "AmazonManagedKafkaEventSourceConfig": Shape(
            fields={
                "ConsumerGroupId": Text(),
                "SchemaRegistryConfig": Refused(because="schema registries"),
            }
        ),
        "BatchSize": Whole(),
        "BisectBatchOnFunctionError": Flag(),
        "DestinationConfig": Shape(fields={"OnFailure": Shape(fields={"Destination": arn()})}),
        "Enabled": Flag(),
        "EventSourceArn": arn("sqs", "dynamodb", "kinesis", "kafka"),
        "FilterCriteria": Shape(fields={"Filters": Many(of=Shape(fields={"Pattern": Text()}))}),
        "FunctionName": Text(),
        "FunctionResponseTypes": Many(of=Text(choices=("ReportBatchItemFailures",)), most=1),
        "MaximumBatchingWindowInSeconds": Whole(),
        "MaximumRecordAgeInSeconds": Whole(low=-1, high=604_800),
        "MaximumRetryAttempts": Whole(low=-1, high=10_000),
        "ParallelizationFactor": Whole(low=1, high=10),
        "ProvisionedPollerConfig": Refused(because="provisioned pollers"),
        "ScalingConfig": Shape(fields={"MaximumConcurrency": Whole()}),
        "SourceAccessConfigurations": Many(of=Shape(fields={"Type": Text(), "URI": Text()})),
        "StartingPosition": Text(choices=("AT_TIMESTAMP", "LATEST", "TRIM_HORIZON")),
        "StartingPositionTimestamp": Whole(),
        "Tags": TAGS,
        "Topics": Many(of=Text(), least=1, most=1),
        "TumblingWindowInSeconds": Whole(high=900),
    },
    required=("EventSourceArn", "FunctionName"),
)


URL = Shape(
    fields={
        "AuthType": Text(choices=("AWS_IAM", "NONE")),
        "Cors": Shape(
            fields={
                "AllowCredentials": Flag(),
                "AllowHeaders": Many(of=Text(), most=100),
                "AllowMethods": Many(of=Text(), most=6),
                "AllowOrigins": Many(of=Text(), most=100),
                "ExposeHeaders": Many(of=Text(), most=100),
                "MaxAge": Whole(high=86_400),
            }
        ),
        "InvokeMode": Text(choices=("BUFFERED", "RESPONSE_STREAM")),
        "Qualifier": Text(pattern=r"(?!^\d+$)[a-zA-Z0-9_-]+"),
        "TargetFunctionArn": Text(),
    },
    required=("AuthType", "TargetFunctionArn"),
)


LAYER_VERSION = Shape(
    fields={
        "CompatibleArchitectures": Many(of=Text(choices=("arm64", "x86_64"))),
        "CompatibleRuntimes": Many(of=Text(), most=15),
        "Content": Shape(
            fields={"S3Bucket": Text(), "S3Key": Text(), "S3ObjectVersion": Text()},
            required=("S3Bucket", "S3Key"),
        ),
        "Description": Text(longest=256),
        "LayerName": Text(),
        "LicenseInfo": Text(longest=512),
    },
    required=("Content",),
)


def create_function(order: Order) -> Identity:
    """Create a function; see `code` for what it runs from."""
    name = order.name("FunctionName", 64)
    given = order.pick(
        "Architectures",
        "DeadLetterConfig",
        "Description",
        "Environment",
        "EphemeralStorage",
        "Handler",
        "MemorySize",
        "PackageType",
        "Role",
        "Runtime",
        "Timeout",
        "TracingConfig",
        "VpcConfig",
    )
    if "KmsKeyArn" in order.properties:
        given["KMSKeyArn"] = order.properties["KmsKeyArn"]
    if "Layers" in order.properties:
        given["Layers"] = _own_layers(order)
    client = order.client("lambda")
    created = client.create_function(FunctionName=name, Code=_code(order), **given)
    if "ReservedConcurrentExecutions" in order.properties:
        reserved = order.properties["ReservedConcurrentExecutions"]
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    return Identity(ref=name, attributes={"Arn": created["FunctionArn"]})


def _code(order: Order) -> Mapping[str, object]:
    given: Mapping[str, Any] = order.properties["Code"]
    if ("ZipFile" in given) == ("S3Bucket" in given or "S3Key" in given):
        raise order.refuse("Code", "either ZipFile, or S3Bucket and S3Key")
    if "ZipFile" in given:
        return {"ZipFile": inline(given["ZipFile"])}
    for name in ("S3Bucket", "S3Key"):
        if name not in given:
            raise order.refuse(f"Code.{name}", "required, and missing")
    return given if order.site.uploaded else {"ZipFile": packaged(given["S3Bucket"], given["S3Key"])}


def _own_layers(order: Order) -> list[str]:
    """The layers of this account; what others publish are libraries, which come from this machine."""
    layers = order.properties.get("Layers", [])
    return [each for each in layers if account_of(each) == order.site.account]


def create_layer_version(order: Order) -> Identity:
    """Publish a version of a layer."""
    content = order.properties["Content"]
    made = order.client("lambda").publish_layer_version(
        LayerName=order.name("LayerName", 64),
        Content=content
        if order.site.uploaded
        else {"ZipFile": packaged(content["S3Bucket"], content["S3Key"])},
        **order.pick("CompatibleArchitectures", "CompatibleRuntimes", "Description", "LicenseInfo"),
    )
    version = made["LayerVersionArn"]
    return Identity(ref=version, attributes={"LayerVersionArn": version})


def delete_layer_version(removal: Removal) -> None:
    """Delete a version of a layer."""
    layer, _, version = removal.ref.rpartition(":")
    name = layer.rpartition(":")[2]
    removal.client("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))


def create_permission(order: Order) -> Identity:
    """Let a principal invoke a function."""
    statement = order.generated_name(100)
    order.client("lambda").add_permission(
        StatementId=statement,
        **order.pick(
            "Action",
            "FunctionName",
            "FunctionUrlAuthType",
            "InvokedViaFunctionUrl",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        ),
    )
    return Identity(ref=statement, attributes={"Id": statement})


def create_resource_policy(order: Order) -> Identity:
    """Replace a function's policy."""
    arn_of_function = order.properties["ResourceArn"]
    account, region = arn_of_function.split(":")[4], arn_of_function.split(":")[3]
    function = moto_lambda.lambda_function(account, region, arn_of_function)
    if function is None:
        raise InvalidTemplate("ResourceArn", f"Function not found: {arn_of_function}")
    replace(function.policy, order.properties["PolicyDocument"])
    return Identity(ref=arn_of_function)


def create_event_invoke_config(order: Order) -> Identity:
    """Say what becomes of events that a function failed on."""
    properties = order.properties
    order.client("lambda").put_function_event_invoke_config(**properties)
    return Identity(ref=f"{properties['FunctionName']}|{properties['Qualifier']}")


def create_event_source_mapping(order: Order) -> Identity:
    """Have a function read a queue or a stream."""
    created = order.client("lambda").create_event_source_mapping(**order.properties)
    attributes = {"Id": created["UUID"], "EventSourceMappingArn": created["EventSourceMappingArn"]}
    return Identity(ref=created["UUID"], attributes=attributes)


def create_version(order: Order) -> Identity:
    """Publish a version."""
    made = order.client("lambda").publish_version(**order.pick("CodeSha256", "Description", "FunctionName"))
    arn_of_version = f"{unqualified(made['FunctionArn'])}:{made['Version']}"
    return Identity(
        ref=arn_of_version, attributes={"FunctionArn": arn_of_version, "Version": made["Version"]}
    )


def create_alias(order: Order) -> Identity:
    """Point an alias to a version, or to two."""
    made = order.client("lambda").create_alias(**_alias(order))
    return Identity(ref=made["AliasArn"], attributes={"AliasArn": made["AliasArn"]})


def _alias(order: Order) -> dict[str, Any]:
    given = order.pick("Description", "FunctionName", "FunctionVersion", "Name")
    given["FunctionName"] = function_name(given["FunctionName"])
    weights = order.pick("RoutingConfig").get("RoutingConfig", {}).get("AdditionalVersionWeights", [])
    shares = {each["FunctionVersion"]: each["FunctionWeight"] for each in weights}
    return {**given, "RoutingConfig": {"AdditionalVersionWeights": shares}}


def update_alias(order: Order, before: Resource) -> Identity:
    """Point an alias to another version."""
    order.client("lambda").update_alias(**_alias(order))
    return Identity(ref=before.physical_id, attributes=before.attributes)


def _url_arn(order: Order) -> str:
    """The function or the alias that a URL is for."""
    given = str(order.properties["TargetFunctionArn"])
    arn_of_function = order.site.arn("lambda", f"function:{function_name(given)}")
    qualifier = order.properties.get("Qualifier") or qualifier_of(given)
    return f"{arn_of_function}:{qualifier}" if qualifier else arn_of_function


def create_function_url(order: Order) -> Identity:
    """Give a function a URL."""
    arn_of_function = _url_arn(order)
    made = create_url(
        order.site.account,
        arn_of_function,
        order.pick("AuthType", "Cors", "InvokeMode"),
        url_id=order.site.suffix(order.logical_id, 32).lower(),
        now="",
    )
    attributes = {"FunctionArn": arn_of_function, "FunctionUrl": made["FunctionUrl"]}
    return Identity(ref=arn_of_function, attributes=attributes)


def update_function_url(order: Order, before: Resource) -> Identity:
    """Change how a URL is protected."""
    given = order.pick("AuthType", "Cors", "InvokeMode")
    change_url(order.site.account, _url_arn(order), {"Cors": {}, **given}, now="")
    return Identity(ref=before.physical_id, attributes=before.attributes)


def delete_function_url(removal: Removal) -> None:
    """Take a function's URL away."""
    name, qualifier = function_name(removal.ref), qualifier_of(removal.ref)
    more = {"Qualifier": qualifier} if qualifier else {}
    removal.client("lambda").delete_function_url_config(FunctionName=name, **more)


def delete_version(removal: Removal) -> None:
    """Delete a version."""
    name, version = function_name(removal.ref), qualifier_of(removal.ref)
    removal.client("lambda").delete_function(FunctionName=name, Qualifier=version)


def delete_alias(removal: Removal) -> None:
    """Delete an alias."""
    name, alias = function_name(removal.ref), qualifier_of(removal.ref)
    removal.client("lambda").delete_alias(FunctionName=name, Name=alias)


def delete_function(removal: Removal) -> None:
    """Delete a function."""
    removal.client("lambda").delete_function(FunctionName=removal.ref)


def delete_permission(removal: Removal) -> None:
    """Take one statement out of a function's policy."""
    function = removal.properties["FunctionName"]
    removal.client("lambda").remove_permission(FunctionName=function, StatementId=removal.ref)


def delete_resource_policy(removal: Removal) -> None:
    """Take a function's policy away."""
    removal.client("lambda").delete_resource_policy(ResourceArn=removal.ref)


def delete_event_invoke_config(removal: Removal) -> None:
    """Give a function Lambda's defaults for events that it fails on."""
    function, qualifier = removal.properties["FunctionName"], removal.properties["Qualifier"]
    removal.client("lambda").delete_function_event_invoke_config(FunctionName=function, Qualifier=qualifier)


def delete_event_source_mapping(removal: Removal) -> None:
    """Have the function read the queue no more."""
    removal.client("lambda").delete_event_source_mapping(UUID=removal.ref)


# What Lambda gives to a setting that nobody names.
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_DEFAULTS: Mapping[str, object] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "KmsKeyArn": "",
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SecurityGroupIds": [], "SubnetIds": []},
}
_CONFIGURED = ("Handler", "Role", "Runtime", *_DEFAULTS)


def update_function(order: Order, before: Resource) -> Identity:
    """Change how a function is set up, and which code it runs."""
    client, name, reserved = order.client("lambda"), before.physical_id, "ReservedConcurrentExecutions"
    differ = only(order, before, *_CONFIGURED, "Code", "Layers", reserved)
    if "Code" in differ:
        client.update_function_code(FunctionName=name, **_code(order))
    if "Layers" in differ:
        client.update_function_configuration(FunctionName=name, Layers=_own_layers(order))
    if settings := sorted(differ & {*_CONFIGURED}):
        given = {
            "KMSKeyArn" if each == "KmsKeyArn" else each: order.properties.get(each, _DEFAULTS.get(each))
            for each in settings
        }
        client.update_function_configuration(FunctionName=name, **given)
    if reserved in differ:
        if reserved in order.properties:
            given = {reserved: order.properties[reserved]}
            client.put_function_concurrency(FunctionName=name, **given)
        else:
            client.delete_function_concurrency(FunctionName=name)
    return Identity(ref=name, attributes=before.attributes)


def update_event_source_mapping(order: Order, before: Resource) -> Identity:
    """Have a function read its queue in another way."""
    given = {name: order.properties[name] for name in order.properties if name != "EventSourceArn"}
    order.client("lambda").update_event_source_mapping(UUID=before.physical_id, **given)
    return Identity(ref=before.physical_id, attributes=before.attributes)


KINDS: Mapping[str, Kind] = {
    "AWS::Lambda::Alias": Kind(shape=ALIAS, create=create_alias, delete=delete_alias, update=update_alias),
    "AWS::Lambda::EventInvokeConfig": Kind(
        shape=EVENT_INVOKE_CONFIG,
        create=create_event_invoke_config,
        delete=delete_event_invoke_config,
        update=made_again(create_event_invoke_config),
    ),
    "AWS::Lambda::EventSourceMapping": Kind(
        shape=EVENT_SOURCE_MAPPING,
        create=create_event_source_mapping,
        delete=delete_event_source_mapping,
        update=update_event_source_mapping,
    ),
    "AWS::Lambda::Function": Kind(
        shape=FUNCTION, create=create_function, delete=delete_function, update=update_function
    ),
    "AWS::Lambda::LayerVersion": Kind(
        shape=LAYER_VERSION, create=create_layer_version, delete=delete_layer_version
    ),
    "AWS::Lambda::Permission": Kind(
        shape=PERMISSION, create=create_permission, delete=delete_permission, grants=True
    ),
    "AWS::Lambda::Url": Kind(
        shape=URL, create=create_function_url, delete=delete_function_url, update=update_function_url
    ),
    "AWS::Lambda::Version": Kind(shape=VERSION, create=create_version, delete=delete_version),
    "AWS::Lambda::ResourcePolicy": Kind(
        shape=RESOURCE_POLICY,
        create=create_resource_policy,
        delete=delete_resource_policy,
        grants=True,
        update=made_again(create_resource_policy),
    ),
}
