"""Access logs of load balancers. AWS adds fields at the end, and says that a reader passes over them.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html. How a quote within
a quoted field is written is unconfirmed; we escape it with a backslash.
"""

from typing import Final

from scenarios.service_logs.fields import Column, Field, Format, Type

_QUOTED = '""'


def _words(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name=each) for each in names)


def _numbers(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name=each, type=Type.NUMBER) for each in names)


def _longs(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name=each, type=Type.LONG) for each in names)


def _quoted(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name=each, around=_QUOTED) for each in names)


def _address(name: str, *columns: str) -> Field:
    """`198.51.100.7:40001`, or `-`."""
    ip, port = columns
    return Field(
        name=name,
        columns=(Column(name=ip), Column(name=port, type=Type.INTEGER)),
        pattern="([^ ]*?)(?::([0-9]+))?",
    )


_REQUEST: Final = Field(
    name="request",
    around=_QUOTED,
    columns=tuple(Column(name=each) for each in ("request_verb", "request_url", "request_proto")),
    pattern='"([^ ]*) ([^"]*) ([^ "]*)"',
)
ALB: Final = Format(
    name="alb_access_logs",
    title="access logs of Application Load Balancers",
    fields=(
        *_words("type", "time", "elb"),
        _address("client:port", "client_ip", "client_port"),
        _address("target:port", "target_ip", "target_port"),
        *_numbers("request_processing_time", "target_processing_time", "response_processing_time"),
        Field(name="elb_status_code", type=Type.INTEGER),
        Field(name="target_status_code"),
        *_longs("received_bytes", "sent_bytes"),
        _REQUEST,
        *_quoted("user_agent"),
        *_words("ssl_cipher", "ssl_protocol", "target_group_arn"),
        *_quoted("trace_id", "domain_name", "chosen_cert_arn"),
        *_words("matched_rule_priority", "request_creation_time"),
        *_quoted("actions_executed", "redirect_url"),
        Field(name="error_reason", around=_QUOTED, column="lambda_error_reason"),
        Field(name="target:port_list", around=_QUOTED, column="target_port_list"),
        *_quoted("target_status_code_list", "classification", "classification_reason"),
        *_words("conn_trace_id"),
        *_quoted("transformed_host", "transformed_uri", "request_transform_status"),
    ),
    required=29,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
)
NLB: Final = Format(
    name="nlb_tls_logs",
    title="access logs of Network Load Balancers",
    fields=(
        *_words("type", "version", "time", "elb", "listener"),
        _address("client:port", "client_ip", "client_port"),
        _address("destination:port", "target_ip", "target_port"),
        *_longs("connection_time", "tls_handshake_time", "received_bytes", "sent_bytes"),
        *_words("incoming_tls_alert", "chosen_cert_arn", "chosen_cert_serial", "tls_cipher"),
        *_words("tls_protocol_version", "tls_named_group", "domain_name", "alpn_fe_protocol"),
        *_words("alpn_be_protocol"),
        Field(name="alpn_client_preference_list"),
        *_words("tls_connection_creation_time"),
    ),
    required=17,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html",
)
CLASSIC: Final = Format(
    name="elb_logs",
    title="access logs of Classic Load Balancers",
    fields=(
        *_words("timestamp", "elb"),
        _address("client:port", "request_ip", "request_port"),
        _address("backend:port", "backend_ip", "backend_port"),
        *_numbers("request_processing_time", "backend_processing_time", "response_processing_time"),
        *_words("elb_status_code", "backend_status_code"),
        *_longs("received_bytes", "sent_bytes"),
        _REQUEST,
        *_quoted("user_agent"),
        *_words("ssl_cipher", "ssl_protocol"),
    ),
    required=12,
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html",
)
