"""Delivery streams as they are configured: where records go, when, and what is done with them before.

Sources: https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html,
https://docs.aws.amazon.com/firehose/latest/APIReference/API_AmazonopensearchserviceDestinationConfiguration.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scenarios.cloud.kernel import moto_streams
from scenarios.cloud.kernel.errors import NotSimulated

DEFAULT_SECONDS, DEFAULT_MEGABYTES, DEFAULT_RETRY_SECONDS = 300, 5, 300
HTTP: Final = "HttpEndpoint"
OPENSEARCH, EXTENDED_S3, S3 = "Amazonopensearchservice", "ExtendedS3", "S3"
PROCESSORS = ("Lambda", "Decompression", "CloudWatchLogProcessing", "AppendDelimiterToRecord")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket to write to, under a role. `errors`: the prefix of what failed, "" for the usual folders."""

    arn: str
    role: str
    prefix: str = ""
    errors: str = ""
    packed: bool = False
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An OpenSearch domain to write to, by ARN or endpoint. `rotation`: of the index, `NoRotation` and so on.

    `everything`: all documents go to the bucket too, not only those that failed.
    """

    role: str
    name: str
    domain: str = ""
    endpoint: str = ""
    rotation: str = "OneDay"
    retry_seconds: int = DEFAULT_RETRY_SECONDS
    everything: bool = False
    with_ids: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An HTTP endpoint. `attributes` come with each request; `everything`: all goes to the bucket too."""

    url: str
    access_key: str = field(default="", repr=False)
    attributes: tuple[tuple[str, str], ...] = ()
    retry_seconds: int = DEFAULT_RETRY_SECONDS
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """One delivery stream. `source`, `source_role`: the Kinesis stream it reads, "" for none.

    `seconds`, `megabytes`: how long and how much it gathers. `processors`: type and parameters, in order.
    `log`: the group and stream that errors are written to, or None.
    """

    arn: str
    version: str
    bucket: Bucket
    index: Index | None
    endpoint: Endpoint | None = None
    seconds: int
    megabytes: int
    processors: tuple[tuple[str, Mapping[str, str]], ...] = ()
    log: tuple[str, str] | None = None
    source: str = ""
    source_role: str = ""

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition("/")[2]

    @property
    def role(self) -> str:
        """The role under which it delivers, and invokes the function that transforms."""
        return self.index.role if self.index else self.bucket.role

    @property
    def unpacks(self) -> bool:
        """Whether it takes what CloudWatch Logs sends alone, which it unpacks."""
        return any(kind == "Decompression" for kind, _ in self.processors)

    @property
    def between(self) -> bytes:
        """What stands between the records of an object."""
        return b"\n" if any(kind == "AppendDelimiterToRecord" for kind, _ in self.processors) else b""

    @property
    def region(self) -> str:
        """Where it is."""
        return self.arn.split(":")[3]


def standing(arn: str) -> Configured | None:
    """A delivery stream by its ARN, or None where there is none."""
    model = moto_streams.delivery_stream(arn)
    return configured(model) if model is not None else None


def configured(model: Any) -> Configured:
    """A delivery stream as moto has it; raises NotSimulated for what it has and nobody here does."""
    (destination,) = model.destinations
    kind = next((each for each in (OPENSEARCH, HTTP, EXTENDED_S3, S3) if each in destination), "")
    if not kind:
        named = next(each for each in destination if each != "destination_id")
        raise NotSimulated("firehose", f"a delivery stream to {named}")
    given = destination[kind]
    index = _index(given) if kind == OPENSEARCH else None
    hints = given.get("BufferingHints") or {}
    source = model.source or {}
    return Configured(
        arn=model.delivery_stream_arn,
        version=model.version_id,
        bucket=_bucket(given["S3DestinationDescription"] if kind in (OPENSEARCH, HTTP) else given),
        index=index,
        endpoint=_endpoint(given) if kind == HTTP else None,
        seconds=int(hints.get("IntervalInSeconds", DEFAULT_SECONDS)),
        megabytes=int(hints.get("SizeInMBs", DEFAULT_MEGABYTES)),
        processors=tuple(_processors(given.get("ProcessingConfiguration") or {})),
        log=_log(given.get("CloudWatchLoggingOptions") or {}),
        source=source.get("KinesisStreamARN", ""),
        source_role=source.get("RoleARN", ""),
    )


def _bucket(given: Mapping[str, Any]) -> Bucket:
    packing = given.get("CompressionFormat", "UNCOMPRESSED")
    if packing not in {"UNCOMPRESSED", "GZIP"}:
        raise NotSimulated("firehose", f"objects packed as {packing}")
    for each in ("DataFormatConversionConfiguration", "DynamicPartitioningConfiguration"):
        if (given.get(each) or {}).get("Enabled", each in given):
            raise NotSimulated("firehose", each)
    if given.get("S3BackupMode", "Disabled") == "Enabled":
        raise NotSimulated("firehose", "a backup of what goes to a bucket")
    return Bucket(
        arn=given["BucketARN"],
        role=given["RoleARN"],
        prefix=given.get("Prefix", ""),
        errors=given.get("ErrorOutputPrefix", ""),
        packed=packing == "GZIP",
        zone=given.get("CustomTimeZone", "UTC"),
    )


def _index(given: Mapping[str, Any]) -> Index:
    ids = (given.get("DocumentIdOptions") or {}).get("DefaultDocumentIdFormat", "FIREHOSE_DEFAULT")
    retry = (given.get("RetryOptions") or {}).get("DurationInSeconds", DEFAULT_RETRY_SECONDS)
    if given.get("VpcConfiguration"):
        raise NotSimulated("firehose", "a domain in a VPC")
    return Index(
        role=given["RoleARN"],
        name=given["IndexName"],
        domain=given.get("DomainARN", ""),
        endpoint=given.get("ClusterEndpoint", ""),
        rotation=given.get("IndexRotationPeriod", "OneDay"),
        retry_seconds=int(retry),
        everything=given.get("S3BackupMode") == "AllDocuments",
        with_ids=ids == "FIREHOSE_DEFAULT",
    )


def _endpoint(given: Mapping[str, Any]) -> Endpoint:
    said, asked = given["EndpointConfiguration"], given.get("RequestConfiguration") or {}
    if asked.get("ContentEncoding", "NONE") != "NONE":
        raise NotSimulated("firehose", "compressed requests to an HTTP endpoint")
    if (given.get("SecretsManagerConfiguration") or {}).get("Enabled"):
        raise NotSimulated("firehose", "an access key in Secrets Manager")
    common = asked.get("CommonAttributes", ())
    retry = (given.get("RetryOptions") or {}).get("DurationInSeconds", DEFAULT_RETRY_SECONDS)
    return Endpoint(
        url=said["Url"],
        access_key=said.get("AccessKey", ""),
        attributes=tuple((each["AttributeName"], each["AttributeValue"]) for each in common),
        retry_seconds=int(retry),
        everything=given.get("S3BackupMode") == "AllData",
    )


def _processors(given: Mapping[str, Any]) -> list[tuple[str, Mapping[str, str]]]:
    found: list[tuple[str, Mapping[str, str]]] = []
    for each in given.get("Processors", ()) if given.get("Enabled", False) else ():
        if each["Type"] not in PROCESSORS:
            raise NotSimulated("firehose", f"records processed by {each['Type']}")
        parameters = {one["ParameterName"]: one["ParameterValue"] for one in each.get("Parameters", ())}
        found.append((each["Type"], parameters))
    return found


def _log(given: Mapping[str, Any]) -> tuple[str, str] | None:
    return (given["LogGroupName"], given["LogStreamName"]) if given.get("Enabled") else None
