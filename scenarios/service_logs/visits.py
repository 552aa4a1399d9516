"""One request to a web service, and what the logs of AWS's services in front of it say of it.

Each function returns the fields of a line by their names, for the format's `write`. What nobody measured
here, such as the seconds a target took, are small numbers of ours.

Sources: those of the formats; characters that CloudFront encodes:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

_UNTOUCHED: Final = "!$&()*+,-./:;=?@_~"
_BLOCKED: Final = 403
_NO_ANSWER: Final = {
    502: "connect() failed (111: Connection refused) while connecting to upstream",
    504: "upstream timed out (110: Connection timed out) while reading response header from upstream",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request.

    `path`: with its query, as the client wrote it. `status`: what the client was answered. `rule`: the rule
    of a web ACL that blocked it; "" where none did.
    """

    at: datetime
    client: str
    path: str
    status: int = 200
    verb: str = "GET"
    host: str = "shop.example"
    agent: str = "Mozilla/5.0"
    port: int = 40001
    received: int = 210
    sent: int = 512
    rule: str = ""

    @property
    def stem(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]

    @property
    def query(self) -> str:
        """Its query, without the question mark."""
        return self.path.partition("?")[2]

    @property
    def answered(self) -> int:
        """The status: what a web ACL blocks is answered 403."""
        return _BLOCKED if self.rule else self.status


def of_load_balancer(visit: Visit, balancer: str, trace: int) -> dict[str, Any]:
    """`balancer`: `app/NAME/ID`; `trace`: 96 random bits. A request that a web ACL blocks meets no target."""
    moment = f"{visit.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    to_target = {
        "target:port": "10.0.0.5:80",
        "request_processing_time": 0.001,
        "target_processing_time": 0.02,
        "response_processing_time": 0.0,
        "target_status_code": visit.status,
        "actions_executed": "forward",
    }
    waiting = ("request_processing_time", "target_processing_time", "response_processing_time")
    blocked = {**dict.fromkeys(waiting, -1), "actions_executed": "waf"}
    return {
        "type": "https",
        "time": moment,
        "elb": balancer,
        "client:port": f"{visit.client}:{visit.port}",
        "elb_status_code": visit.answered,
        "received_bytes": visit.received,
        "sent_bytes": visit.sent,
        "request": f"{visit.verb} https://{visit.host}:443{visit.path} HTTP/1.1",
        "user_agent": visit.agent,
        "ssl_cipher": "ECDHE-RSA-AES128-GCM-SHA256",
        "ssl_protocol": "TLSv1.2",
        "trace_id": f"Root=1-{int(visit.at.timestamp()):08x}-{trace:024x}",
        "domain_name": visit.host,
        "matched_rule_priority": 0,
        "request_creation_time": moment,
        **(blocked if visit.rule else to_target),
    }


def of_network_balancer(visit: Visit, balancer: str, listener: str, certificate: str) -> dict[str, Any]:
    """`balancer`: `net/NAME/ID`; `listener`: its id. It sees a TLS connection, and no request in it."""
    moment = f"{visit.at:%Y-%m-%dT%H:%M:%S}"
    return {
        "type": "tls",
        "version": "2.0",
        "time": moment,
        "elb": balancer,
        "listener": listener,
        "client:port": f"{visit.client}:{visit.port}",
        "destination:port": "10.0.0.5:443",
        "connection_time": 5,
        "tls_handshake_time": 2,
        "received_bytes": visit.received,
        "sent_bytes": visit.sent,
        "chosen_cert_arn": certificate,
        "tls_cipher": "ECDHE-RSA-AES128-GCM-SHA256",
        "tls_protocol_version": "tlsv12",
        "domain_name": visit.host,
        "tls_connection_creation_time": moment,
    }


def of_classic_balancer(visit: Visit, balancer: str, protocol: str, port: int) -> dict[str, Any]:
    """`balancer`: its name; `protocol`, `port`: its listener's. One of TCP or SSL sees no request."""
    scheme = {"HTTP": "http", "HTTPS": "https"}.get(protocol)
    request = f"{visit.verb} {scheme}://{visit.host}:{port}{visit.path} HTTP/1.1" if scheme else "- - - "
    encrypted = protocol in ("HTTPS", "SSL")
    return {
        "timestamp": f"{visit.at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "elb": balancer,
        "client:port": f"{visit.client}:{visit.port}",
        "backend:port": "10.0.0.5:80",
        "request_processing_time": 0.001,
        "backend_processing_time": 0.02,
        "response_processing_time": 0.001,
        "elb_status_code": visit.status if scheme else None,
        "backend_status_code": visit.status if scheme else None,
        "received_bytes": visit.received,
        "sent_bytes": visit.sent,
        "request": request,
        "user_agent": visit.agent if scheme else None,
        "ssl_cipher": "ECDHE-RSA-AES128-GCM-SHA256" if encrypted else None,
        "ssl_protocol": "TLSv1.2" if encrypted else None,
    }


def of_cloudfront(visit: Visit, domain: str, request_id: str) -> dict[str, Any]:
    """`domain`: the distribution's own; `request_id`: an opaque text."""
    result = "Error" if visit.answered >= 400 else "Miss"
    return {
        "date": f"{visit.at:%Y-%m-%d}",
        "time": f"{visit.at:%H:%M:%S}",
        "x-edge-location": "FRA56-P1",
        "sc-bytes": visit.sent,
        "c-ip": visit.client,
        "cs-method": visit.verb,
        "cs(Host)": domain,
        "cs-uri-stem": _encoded(visit.stem),
        "sc-status": visit.answered,
        "cs(User-Agent)": _encoded(visit.agent),
        "cs-uri-query": _encoded(visit.query) or None,
        "x-edge-result-type": result,
        "x-edge-request-id": request_id,
        "x-host-header": visit.host,
        "cs-protocol": "https",
        "cs-bytes": visit.received,
        "time-taken": 0.021,
        "ssl-protocol": "TLSv1.3",
        "ssl-cipher": "TLS_AES_128_GCM_SHA256",
        "x-edge-response-result-type": result,
        "cs-protocol-version": "HTTP/2.0",
        "c-port": visit.port,
        "time-to-first-byte": 0.02,
        "x-edge-detailed-result-type": result,
        "sc-content-type": "text/html",
        "sc-content-len": visit.sent,
    }


def of_waf(visit: Visit, acl: str, source: tuple[str, str], request_id: str) -> Mapping[str, Any]:
    """`acl`: its ARN; `source`: what it stands before, such as `("ALB", "ACCOUNT-app/shop/ID")`."""
    blocked = bool(visit.rule)
    return {
        "timestamp": int(visit.at.timestamp() * 1000),
        "formatVersion": 1,
        "webaclId": acl,
        "terminatingRuleId": visit.rule or "Default_Action",
        "terminatingRuleType": "REGULAR",
        "action": "BLOCK" if blocked else "ALLOW",
        "terminatingRuleMatchDetails": [],
        "httpSourceName": source[0],
        "httpSourceId": source[1],
        "ruleGroupList": [],
        "rateBasedRuleList": [],
        "nonTerminatingMatchingRules": [],
        "httpRequest": {
            "clientIp": visit.client,
            "country": "-",
            "headers": [
                {"name": "Host", "value": visit.host},
                {"name": "User-Agent", "value": visit.agent},
            ],
            "uri": visit.stem,
            "args": visit.query,
            "httpVersion": "HTTP/1.1",
            "httpMethod": visit.verb,
            "requestId": request_id,
        },
    }


def of_nginx(visit: Visit, seen_from: str, forwarded: str) -> dict[str, Any]:
    """`seen_from`: the address that nginx is asked from; `forwarded`: for whom it is asked, or ""."""
    return {
        "remote_addr": seen_from,
        "time_local": f"{visit.at:%d/%b/%Y:%H:%M:%S %z}",
        "request": f"{visit.verb} {visit.path} HTTP/1.1",
        "status": visit.status,
        "body_bytes_sent": visit.sent,
        "http_user_agent": visit.agent,
        "http_x_forwarded_for": forwarded or None,
    }


def nginx_error(visit: Visit, seen_from: str) -> str:
    """What nginx writes to its error log where the application gave no answer (502, 504); "" else.

    Source: https://github.com/nginx/nginx/blob/master/src/http/ngx_http_upstream.c
    """
    said = _NO_ANSWER.get(visit.status)
    if said is None:
        return ""
    return (
        f"{visit.at:%Y/%m/%d %H:%M:%S} [error] 2300#2300: *1 {said}, client: {seen_from}, server: , "
        f'request: "{visit.verb} {visit.path} HTTP/1.1", upstream: "http://127.0.0.1:8080{visit.path}", '
        f'host: "{visit.host}"'
    )


def _encoded(text: str) -> str:
    """As CloudFront writes it; a `%` that the client wrote is encoded once more."""
    return quote(text, safe=_UNTOUCHED)
