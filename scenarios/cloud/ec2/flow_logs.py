"""VPC flow logs: what interfaces saw, a record for each flow and window, delivered when AWS delivers it.

A window is as long as the flow log says, 60 or 600 seconds; an interface that saw nothing has a record of
NODATA. Then it takes some minutes: about 5 to CloudWatch Logs, under the flow log's role, and about 10 to
S3, as `delivery.logs.amazonaws.com`, in files that the bucket's policy must let in. Where AWS may not
deliver, the flow log says `Access error`, and the records are lost. To Firehose AWS writes under the
service-linked role of log delivery, which may write to streams with a tag that the making of the flow log
gives. A flow log of a template is made when its stack is there.

Left out: streams of other accounts (`NotSimulated`), gaps (SKIPDATA), the windows of a minute
that interfaces of Nitro instances have, and the fields of ECS, of services by address and of what encrypted
the traffic, which are dashes. How long a delivery takes within AWS's "about", and the end of a file's name,
are our choice. Unconfirmed: that the name of a Parquet file ends with `.log.parquet`; that a record of
Firehose is JSON with the line as its `message`.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html,
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html,
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-Firehose.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from scenarios.cloud.asked import Asked
from scenarios.cloud.ec2.flow_records import (
    Flow,
    Key,
    Seen,
    Watch,
    bucket_of,
    dated,
    folder_of,
    line_of,
    values_of,
    wants,
    watches,
)
from scenarios.cloud.ec2.interfaces import Interface, interfaces_of
from scenarios.cloud.kernel import moto_s3, moto_state, moto_streams
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import AssumedRole, LogLines, Missing, Object, Refusal
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.service_logs_delivery import (
    DELIVERY,
    let_in_at_bucket,
    linked_role,
    make_group,
    put_body,
    put_file,
    put_records,
    source_of,
)
from scenarios.cloud.setting import Setting
from scenarios.service_logs import Format, NotThisFormat, parquet
from scenarios.service_logs.flows import vpc_flow

SERVICE: Final = "vpc-flow-logs.amazonaws.com"
LOGS_SECONDS: Final = (120.0, 300.0)
S3_SECONDS: Final = (300.0, 600.0)
ACCESS_ERROR: Final = "Access error"
S3, FIREHOSE = "s3", "kinesis-data-firehose"
_ROLE: Final = "AWSServiceRoleForLogDelivery"
_TAG: Final = {"Key": "LogDeliveryEnabled", "Value": "true"}
_SAME: Final = (
    *("ResourceType", "DeliverLogsPermissionArn", "LogDestinationType", "LogDestination", "LogGroupName"),
    *("LogFormat", "MaxAggregationInterval"),
)


def _is_parquet(options: Mapping[str, Any]) -> bool:
    return str(options.get("FileFormat", "plain-text")) == "parquet"


class FlowLogs:
    """Every flow log of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._watches: dict[tuple[str, str], Watch] = {}
        self._of_templates: dict[tuple[str, str], bool] = {}
        setting.calls.answer("ec2", "CreateFlowLogs", self._create)
        setting.calls.after("ec2", "CreateFlowLogs", self._created)
        setting.laws.when_stacks_change(self._stacks_are)

    # ---- the API ---------------------------------------------------------------------------------

    def _create(self, asked: Asked) -> dict[str, Any]:
        """Moto makes them; what it doesn't know of destinations is refused for every resource alike."""
        given = dict(asked.parameters)
        options = given.get("DestinationOptions") or {}
        if _is_parquet(options) and given.get("LogDestinationType") != S3:
            raise NotSimulated("ec2", "flow logs in Parquet elsewhere than in S3")
        try:
            vpc_flow(given.get("LogFormat") or "default")
        except NotThisFormat as error:
            raise NotSimulated("ec2", f"a flow log of this format: {error}") from error
        denied = ""
        if given.get("LogDestinationType") == S3:
            denied = self._bucket_denies(asked)
        elif given.get("LogDestinationType") == FIREHOSE:
            denied = self._stream_denies(asked)
        if denied:
            why = {"Code": "400", "Message": denied}
            return {
                "FlowLogIds": [],
                "Unsuccessful": [{"ResourceId": each, "Error": why} for each in given["ResourceIds"]],
            }
        answer = self._in_moto(asked.region, given)
        answer.pop("ResponseMetadata", None)
        return answer

    def _in_moto(self, region: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Have moto make flow logs; it takes a folder for a part of the bucket's name."""
        ec2 = self._setting.session.client("ec2", region_name=region)
        destination, short = given.get("LogDestination", ""), {}
        if given.get("LogDestinationType") == S3:
            short = {"LogDestination": f"arn:aws:s3:::{bucket_of(destination)[0]}"}
        answer: dict[str, Any] = ec2.create_flow_logs(**{**given, **short})
        for each in answer["FlowLogIds"] if destination else ():
            self._all(region)[each].log_destination = destination
        return answer

    def _bucket_denies(self, asked: Asked) -> str:
        """Why AWS could not write; "" where it can.

        Whoever may write the bucket's policy has AWS's statements added by this call.
        """
        bucket, prefix = bucket_of(asked.parameters["LogDestination"])
        if moto_s3.bucket(self._setting.account, bucket) is None:
            return ""  # moto says so
        options = asked.parameters.get("DestinationOptions") or {}
        folder = f"{bucket}/{folder_of(prefix, self._setting.account, options)}"
        probe = f"arn:aws:s3:::{folder}"
        judge, s3 = self._setting.identity.judge, f"arn:aws:s3:::{bucket}"

        def refused() -> Refusal | None:
            source = source_of(self._setting.account, asked.region)
            return self._setting.deliveries.refusal(probe, Object(body=b""), by=DELIVERY, source=source)

        if refused() and all(
            judge(asked.caller, each, s3).allowed for each in ("s3:GetBucketPolicy", "s3:PutBucketPolicy")
        ):
            let_in_at_bucket(self._setting.session.client("s3"), folder, self._setting.account, asked.region)
        if not refused():
            return ""
        return f"Access Denied for LogDestination: {bucket}. Please check LogDestination permission"

    def _stream_denies(self, asked: Asked) -> str:
        """Why AWS could not write to a stream; "" where it can, and the stream has its tag."""
        if asked.parameters.get("DeliverCrossAccountRole"):
            raise NotSimulated("ec2", "a flow log to another account's stream")
        arn, judge = asked.parameters.get("LogDestination", ""), self._setting.identity.judge
        there = arn.startswith("arn:") and arn.count(":") >= 5 and moto_streams.delivery_stream(arn)
        if not there:
            return f"LogDestination: {arn} does not exist."
        role = f"arn:aws:iam::{self._setting.account}:role/aws-service-role/{DELIVERY}/{_ROLE}"
        needed = (
            ("logs:CreateLogDelivery", "*"),
            ("firehose:TagDeliveryStream", arn),
            ("iam:CreateServiceLinkedRole", role),
        )
        if not all(judge(asked.caller, action, on).allowed for action, on in needed):
            return f"Access Denied for LogDestination: {arn}. Please check LogDestination permission"
        firehose = self._setting.session.client("firehose", region_name=asked.region)
        firehose.tag_delivery_stream(DeliveryStreamName=arn.rpartition("/")[2], Tags=[_TAG])
        return ""

    def _created(self, call: ApiCall) -> None:
        for each in (call.response or {}).get("FlowLogIds", ()):
            self._watch(call.region, each, call.parameters.get("DestinationOptions") or {})

    def _stacks_are(self, stacks: Sequence[Stack]) -> None:
        wanted = {
            (stack.region, each.physical_id): each.properties
            for stack in stacks
            for each in stack.of_type("AWS::EC2::FlowLog")
        }
        for region, flow_log in self._of_templates.keys() - wanted.keys():
            self._all(region).pop(flow_log, None)
            del self._of_templates[region, flow_log]
        for (region, flow_log), properties in wanted.items():
            if (region, flow_log) not in self._of_templates:
                self._of_templates[region, flow_log] = self._make(region, flow_log, properties)

    def _make(self, region: str, flow_log: str, given: Mapping[str, Any]) -> bool:
        """Make a flow log of a template; False for one that can't be, which then is loud under traffic."""
        options = given.get("DestinationOptions") or {}
        if given.get("DeliverCrossAccountRole"):
            return False
        asked = {
            "ResourceIds": [given["ResourceId"]],
            "TrafficType": given.get("TrafficType", "ALL"),
            **{name: given[name] for name in _SAME if name in given},
        }
        try:
            vpc_flow(given.get("LogFormat") or "default")
            with self._setting.calls.muted():
                answer = self._in_moto(region, {key: each for key, each in asked.items() if each is not None})
        except (NotThisFormat, ClientError):
            return False
        if not answer["FlowLogIds"]:
            return False
        found = self._all(region)
        made = found[flow_log] = found.pop(answer["FlowLogIds"][0])
        made.id = flow_log
        said = {name: str(value).lower() == "true" for name, value in options.items()}
        self._watch(region, flow_log, {**said, "FileFormat": options.get("FileFormat", "plain-text")})
        return True

    def look(self, region: str) -> None:
        """Watch those of a region that were made without a call of anybody's, for a scenario."""
        for each in self._all(region):
            self._watch(region, each, {})

    def _all(self, region: str) -> dict[str, Any]:
        found: dict[str, Any] = moto_state.backend("ec2", self._setting.account, region).flow_logs
        return found

    def _watch(self, region: str, flow_log: str, options: Mapping[str, Any]) -> None:
        if (region, flow_log) not in self._watches:
            watch = Watch(id=flow_log, region=region, since=self._setting.clock.now, options=options)
            self._watches[region, flow_log] = watch
            self._open(watch)

    # ---- windows ---------------------------------------------------------------------------------

    def saw(self, region: str, interface: Interface, seen: Seen) -> None:
        """An interface saw something now.

        Raises NotSimulated where a flow log of a template that could not be made would have to tell of it.
        """
        if not all(self._of_templates.values()):
            raise NotSimulated("ec2", "traffic under a flow log of a template (AWS::EC2::FlowLog) like this")
        self.look(region)
        now = int(self._setting.clock.now.timestamp())
        for (where, flow_log), watch in self._watches.items():
            model = self._all(where).get(flow_log) if where == region else None
            if model is None or not watches(model, interface) or not wants(model, seen):
                continue
            key = (
                interface.id,
                *(seen.packet_source, seen.packet_target, seen.source_port, seen.target_port),
                *(seen.protocol, seen.accepted, seen.egress),
            )
            flow = watch.flows.setdefault(key, Flow(seen, now, now))
            flow.last = now
            flow.packets += seen.packets
            flow.bytes += seen.bytes
            flow.flags |= seen.flags

    def _open(self, watch: Watch) -> None:
        model = self._all(watch.region)[watch.id]
        seconds = int(model.max_aggregation_interval or 600)
        self._setting.clock.after(seconds, lambda: self._close(watch), f"window of {watch.id}")

    def _close(self, watch: Watch) -> None:
        """A window is over: its records are on their way, and the next one begins."""
        model = self._all(watch.region).get(watch.id)
        if model is None:
            del self._watches[watch.region, watch.id]
            return
        since, flows = watch.since, watch.flows
        watch.since, watch.flows = self._setting.clock.now, {}
        form = vpc_flow(model.log_format or "default")
        lines = [
            (interface.id, line)
            for interface in interfaces_of(self._setting, watch.region)
            if watches(model, interface)
            for line in self._lines(form, watch.region, interface, flows, since)
        ]
        if lines:
            to_s3 = model.log_destination_type == S3
            wait = self._setting.random("ec2.flow_logs").uniform(*(S3_SECONDS if to_s3 else LOGS_SECONDS))
            to = {S3: self._to_s3, FIREHOSE: self._to_firehose}
            deliver = to.get(model.log_destination_type, self._to_logs)
            what = f"flow log {watch.id}"
            self._setting.clock.after(wait, lambda: deliver(watch, form, lines), what)
        self._open(watch)

    def _lines(
        self, form: Format, region: str, interface: Interface, flows: Mapping[Key, Flow], since: datetime
    ) -> Iterator[tuple[datetime, str]]:
        until = self._setting.clock.now
        mine = [flow for key, flow in flows.items() if key[0] == interface.id]
        always = {
            "version": form.version or 2,
            "account-id": self._setting.account,
            "interface-id": interface.id,
            "vpc-id": interface.vpc or None,
            "subnet-id": interface.subnet or None,
            "instance-id": interface.instance or None,
            "region": region,
            "az-id": interface.zone or None,
        }
        if not mine:
            times = {"start": int(since.timestamp()), "end": int(until.timestamp()), "log-status": "NODATA"}
            yield since, line_of(form, {**always, **times})
        for flow in mine:
            yield datetime.fromtimestamp(flow.first, UTC), line_of(form, {**always, **values_of(flow)})

    # ---- delivery --------------------------------------------------------------------------------

    def _to_logs(self, watch: Watch, _form: Format, lines: list[tuple[str, tuple[datetime, str]]]) -> None:
        model = self._all(watch.region).get(watch.id)
        if model is None:
            return
        account = self._setting.account
        name = model.log_group_name or str(model.log_destination).rpartition(":log-group:")[2].removesuffix(
            ":*"
        )
        group = f"arn:aws:logs:{watch.region}:{account}:log-group:{name}"
        role = AssumedRole(arn=model.deliver_logs_permission_arn or "", service=SERVICE)
        source = f"arn:aws:ec2:{watch.region}:{account}:vpc-flow-log/{watch.id}"
        context = {"aws:SourceArn": source, "aws:SourceAccount": account}
        make_group(self._setting, watch.region, name, by=role, context=context)
        kind = {"ACCEPT": "accept", "REJECT": "reject"}.get(model.traffic_type, "all")
        refusal = None
        for interface in dict.fromkeys(each for each, _ in lines):
            of_it = [line for each, line in lines if each == interface]
            payload = LogLines(stream=f"{interface}-{kind}", lines=of_it)
            refusal = self._setting.deliveries.hand_over(group, payload, by=role, source=source) or refusal
        self._delivered(model, name, refusal, len(lines))

    def _to_s3(self, watch: Watch, form: Format, lines: list[tuple[str, tuple[datetime, str]]]) -> None:
        model = self._all(watch.region).get(watch.id)
        if model is None:
            return
        account, now = self._setting.account, self._setting.clock.now
        bucket, prefix = bucket_of(model.log_destination)
        written = now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
        folder = f"{folder_of(prefix, account, watch.options)}{dated(watch, written)}"
        tail = f"{self._setting.random('ec2.flow_logs.names').getrandbits(32):08x}"
        name = f"{account}_vpcflowlogs_{watch.region}_{watch.id}_{written:%Y%m%dT%H%MZ}_{tail}.log"
        key, texts = f"{bucket}/{folder}{name}", [line for _, (_, line) in lines]
        if _is_parquet(watch.options):
            body = parquet.written(form, texts)
            refusal = put_body(self._setting, watch.region, f"{key}.parquet", body)
        else:
            refusal = put_file(self._setting, watch.region, f"{key}.gz", [*form.head(), *texts])
        self._delivered(model, bucket, refusal, len(lines))

    def _to_firehose(
        self, watch: Watch, _form: Format, lines: list[tuple[str, tuple[datetime, str]]]
    ) -> None:
        model = self._all(watch.region).get(watch.id)
        if model is None:
            return
        arn, account = str(model.log_destination), self._setting.account
        writes = {"Effect": "Allow", "Action": ["firehose:PutRecord"], "Resource": arn}
        role = linked_role(account, DELIVERY, _ROLE, writes)
        refusal: Refusal | None = Refusal(missing=Missing.PERMISSION, because="it has no tag", resource=arn)
        if moto_streams.delivery_stream(arn) is None or self._has_tag(watch.region, arn):
            messages = [json.dumps({"message": line}) for _, (_, line) in lines]
            refusal = put_records(self._setting, arn, messages, by=role)
        self._delivered(model, arn, refusal, len(lines))

    def _has_tag(self, region: str, arn: str) -> bool:
        with self._setting.calls.muted():
            firehose = self._setting.session.client("firehose", region_name=region)
            found = firehose.list_tags_for_delivery_stream(DeliveryStreamName=arn.rpartition("/")[2])
        return _TAG in found["Tags"]

    def _delivered(self, model: Any, where: str, refusal: Refusal | None, count: int) -> None:
        model.deliver_logs_status = "FAILED" if refusal else "SUCCESS"
        model.deliver_logs_error_message = ACCESS_ERROR if refusal else None
        if refusal is not None:
            because = "it is not there" if refusal.missing is Missing.RESOURCE else refusal.because
            self._setting.note_lost(count, f"records of {model.id} for {where}", because)
