"""Athena as one value: what IAM, CloudTrail and a world know of it."""

from scenarios.cloud.athena.executions import EVENTS
from scenarios.cloud.athena.laws import register
from scenarios.cloud.athena.permissions import PERMISSIONS
from scenarios.cloud.kernel.recorded import Recorded, Style
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.service import Service

# https://docs.aws.amazon.com/athena/latest/ug/monitor-with-cloudtrail.html shows it so.
_OMITTED = Style(mask="***OMITTED***", masked=frozenset({"QueryString"}))

SERVICE = Service(
    name="athena",
    simulated=(
        "queries over the objects of the account's buckets with the caller's rights, their states, files and "
        "events; statements about databases, tables and partitions; work groups and named queries as moto "
        "keeps them"
    ),
    missing=(
        "CTAS, INSERT, UNLOAD, views, EXECUTE, federated catalogs, Parquet and other columnar files, "
        "encrypted results, reuse of results, metrics, notebooks"
    ),
    permissions=PERMISSIONS,
    recorded=(Recorded(service="athena", style=_OMITTED),),
    validation=Validation(code="InvalidRequestException"),
    events=EVENTS,
    register=register,
)
