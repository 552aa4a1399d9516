"""AWS IoT's data plane as one value; the law of rules in `iot` answers what is published."""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.service import Service

SERVICE = Service(
    name="iot-data",
    simulated="messages that are published, for rules",
    missing="retained messages, shadows, connections",
    permissions=Permissions(
        prefix="iot",
        denial=REST_JSON,
        lines="Publish                         =                         topic(topic)",
    ),
    recorded=(Recorded(service="iot-data", data_events=frozenset({"Publish"})),),
)
