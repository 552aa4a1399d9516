"""The connections of WebSocket APIs as one value; the law of WebSockets in `apigatewayv2` answers the calls.

Which API is meant the endpoint alone tells, so that law asks for `execute-api:ManageConnections`.
"""

from scenarios.cloud.authorization.rows import REST_JSON, Permissions
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.service import Service

_OPERATIONS = ("PostToConnection", "GetConnection", "DeleteConnection")

SERVICE = Service(
    name="apigatewaymanagementapi",
    simulated="messages to the clients of a WebSocket API, who they are, and their end",
    missing="calls that come too fast (`LimitExceededException`), custom domains",
    permissions=Permissions(
        prefix="execute-api",
        denial=REST_JSON,
        lines="\n".join(f"{each} execute-api:ManageConnections nobody" for each in _OPERATIONS),
    ),
    recorded=(Recorded(service="apigatewaymanagementapi", unrecorded=frozenset(_OPERATIONS)),),
)
