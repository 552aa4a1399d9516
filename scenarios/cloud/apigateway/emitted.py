"""The metrics that API Gateway emits.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
"""

from datetime import datetime
from typing import Final

from scenarios.cloud.apigateway.apis import REST, Api
from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.setting import Setting

NAMESPACE: Final = "AWS/ApiGateway"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={
            "Count": "Count",
            "4XXError": "Count",
            "5XXError": "Count",
            "4xx": "Count",
            "5xx": "Count",
            "Latency": "Milliseconds",
            "IntegrationLatency": "Milliseconds",
            "ConnectCount": "Count",
            "MessageCount": "Count",
            "ClientError": "Count",
            "IntegrationError": "Count",
        },
        dimensions=(("ApiName",), ("ApiId",)),
    ),
)


def measure(setting: Setting, api: Api, status: int, began: datetime) -> None:
    """Put the metrics of one request, at the time when it began."""
    took = (setting.clock.now - began).total_seconds() * 1000
    client, server = ("4XXError", "5XXError") if api.kind == REST else ("4xx", "5xx")
    values = {
        "Count": 1.0,
        client: float(400 <= status < 500),
        server: float(status >= 500),
        "Latency": took,
        "IntegrationLatency": took,
    }
    whose = {"ApiName": api.name} if api.kind == REST else {"ApiId": api.id}
    setting.measured(api.region, NAMESPACE, values, whose, at=began)
