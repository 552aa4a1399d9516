"""Logs of Elastic Beanstalk's instances, as it streams them to CloudWatch Logs: nginx's access log.

The log group is `/aws/elasticbeanstalk/ENVIRONMENT/var/log/nginx/access.log`, a stream for each instance. The
format is the `main` of the platform's nginx.conf, nginx's own Combined Log Format and the forwarded address.

Sources: https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.cloudwatchlogs.html,
https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/health-enhanced-serverlogs.html,
https://nginx.org/en/docs/http/ngx_http_log_module.html. Unconfirmed: that every platform's nginx.conf has
this `main`.
"""

from typing import Final

from scenarios.service_logs.fields import Column, Field, Format, Type

_QUOTED = '""'

NGINX: Final = Format(
    name="beanstalk_nginx_access_logs",
    title="Elastic Beanstalk's access logs of nginx",
    fields=(
        Field(name="remote_addr"),
        Field(name="ident"),
        Field(name="remote_user"),
        Field(name="time_local", around="[]"),
        Field(
            name="request",
            around=_QUOTED,
            columns=tuple(Column(name=each) for each in ("request_verb", "request_url", "request_proto")),
            pattern='"([^ ]*) ([^"]*) ([^ "]*)"',
        ),
        Field(name="status", type=Type.INTEGER),
        Field(name="body_bytes_sent", type=Type.LONG),
        Field(name="http_referer", around=_QUOTED),
        Field(name="http_user_agent", around=_QUOTED),
        Field(name="http_x_forwarded_for", around=_QUOTED),
    ),
    required=9,
    source="https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.cloudwatchlogs.html",
)
