"""Access logs in a log group, whichever service wrote them: who asked for what, and how it was answered.

A query begins with `REQUESTS`, which finds in every event the same fields: `client`, an address; `code`, the
status; `url`, the path, perhaps with a host before it and a query behind; `args`, the query where it is kept
apart; `verb`. It reads lines of Application Load Balancers and of the Common Log Format, and JSON with the
names that AWS's pages give the fields of API Gateway, CloudFront and WAF. WAF's log has a status only where a
rule sent one of its own, and `action` (`ALLOW`, `BLOCK`...) instead.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html,
https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
"""

from typing import Final

_LOAD_BALANCER: Final = (
    r"/^(?:https?|h2|grpcs|wss?) \S+ \S+ (?<elb_client>\S+):\d+ \S+ \S+ \S+ \S+ (?<elb_code>\d+) \S+ \d+ \d+ "
    r'"(?<elb_verb>\S+) (?<elb_url>[^"]*) \S+" /'
)
_COMMON: Final = (
    r"/^(?<clf_client>\S+) \S+ \S+ \[[^\]]+\] "
    r'"(?<clf_verb>\S+) (?<clf_url>[^"]*) \S+" (?<clf_code>\d+) /'
)
_NAMES: Final = {
    "client": ("ip", "sourceIp", "`c-ip`", "httpRequest.clientIp", "client_ip", "elb_client", "clf_client"),
    "code": ("status", "`sc-status`", "responseCodeSent", "elb_status_code", "elb_code", "clf_code"),
    "url": ("path", "`cs-uri-stem`", "httpRequest.uri", "request_url", "elb_url", "clf_url", "resourcePath"),
    "args": ("`cs-uri-query`", "httpRequest.args", "queryString"),
    "verb": ("httpMethod", "`cs-method`", "httpRequest.httpMethod", "elb_verb", "clf_verb"),
}
_FOUND: Final = ", ".join(f"coalesce({', '.join(names)}) as {name}" for name, names in _NAMES.items())

REQUESTS: Final = f"parse @message {_LOAD_BALANCER} | parse @message {_COMMON} | fields {_FOUND}, action"
"""The beginning of a query over access logs."""

READABLE: Final = f"{REQUESTS} | stats count(*) as records, count(client) as known"
"""How many events there are, and of how many the client is known."""
