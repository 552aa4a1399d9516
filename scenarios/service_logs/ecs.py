"""Records of ECS's containers by Container Insights: JSON.

AWS's pages have no table in SQL for them; the name and the columns' types are ours.
"""

from typing import Final

from scenarios.service_logs.fields import Field, Format, Shape, Type

_COUNTS: Final = (
    *("StorageReadBytes", "StorageWriteBytes"),
    *(f"Network{way}{what}" for way in ("Rx", "Tx") for what in ("Bytes", "Dropped", "Errors", "Packets")),
)

CONTAINER: Final = Format(
    name="ecs_container_records",
    title="Container Insights' records of ECS's containers",
    shape=Shape.JSON,
    fields=(
        *(Field(name=each) for each in ("Version", "Type", "ContainerName", "TaskId")),
        *(Field(name=each) for each in ("TaskDefinitionFamily", "TaskDefinitionRevision")),
        *(Field(name=each) for each in ("ClusterName", "Image", "ContainerKnownStatus")),
        Field(name="Timestamp", type=Type.LONG),
        *(Field(name=each, type=Type.NUMBER) for each in ("CpuUtilized", "CpuReserved")),
        *(Field(name=each, type=Type.LONG) for each in ("MemoryUtilized", "MemoryReserved")),
        *(Field(name=each, type=Type.LONG) for each in _COUNTS),
        *(Field(name=each) for each in ("ContainerInstanceId", "EC2InstanceId")),
    ),
    required=10,
    source=(
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
        "Container-Insights-reference-performance-logs-ECS.html"
    ),
)
