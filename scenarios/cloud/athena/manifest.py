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
        "events; statements about databases, tables and partitions; views; CREATE TABLE AS, INSERT INTO and "
        "UNLOAD as Parquet, JSON or text, with their manifests; PREPARE and EXECUTE; work groups and named "
        "queries as moto keeps them"
    ),
    missing=(
        "ORC, Avro and Iceberg, buckets of tables, INSERT INTO projected partitions, federated catalogs, "
        "encrypted results, reuse of results, metrics, notebooks"
    ),
    permissions=PERMISSIONS,
    recorded=(Recorded(service="athena", style=_OMITTED),),
    validation=Validation(code="InvalidRequestException"),
    events=EVENTS,
    register=register,
)
