"""From the alert to the answer: who is on call asks the trail, or log files that AWS delivered."""

from scenarios.cloud.deployment import ACCOUNT
from scenarios.incidents.bucket_public import allows, bucket, unblocks
from scenarios.runner.scenario import Scenario, at, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.athena import asks_sql, results_bucket
from scenarios.runner.words.buckets import holds, log_bucket, stranger_asks
from scenarios.runner.words.checks import alert, heard_of
from scenarios.runner.words.givens import no_looks_for_floods, table
from scenarios.runner.words.questions import answered, asks
from scenarios.runner.words.service_logs import LoadBalancer, WebAcl, visited

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")
_GONE = "ResourceNotFoundException"

SCENARIO = Scenario(
    name="people.investigate",
    title="A table is deleted; who is on call asks the trail what else was done, and from which address",
    lasts="22:00",
    given=[table("orders")],
    when=[
        at("00:00", mallory.calls("dynamodb", "list_tables")),
        at("00:30", mallory.calls("dynamodb", "delete_table", TableName="orders")),
        at("01:00", mallory.calls("dynamodb", "delete_table", TableName="x", refused=_GONE)),
        at("18:00", asks(alice, "what-did-principal-do", principal="user/mallory")),
        at("19:00", asks(alice, "from-which-addresses", principal="user/mallory")),
    ],
    then=[
        by("04:30", heard_of("table_deleted", "CRITICAL", "orders", "mallory")),
        by(
            "21:00",
            answered("what-did-principal-do", eventName="ListTables", calls="1", refused="0"),
            answered("what-did-principal-do", eventName="DeleteTable", calls="2", refused="1"),
            answered("from-which-addresses", sourceIPAddress="203.0.113.66", calls="3"),
        ),
    ],
)

# A web ACL's log says who tried, and the load balancer's behind it how each request was answered.
_WATCHED = "aws-waf-logs-shop"
_ATTACKER, _SHOPPER = "203.0.113.66", "198.51.100.23"
_CLIMBS = (
    "/..%2f..%2f..%2fetc/passwd",
    "/img?file=..%2f..%2f..%2fetc%2fpasswd",
    "/%252e%252e%252fetc/passwd",
)
_BALANCER = LoadBalancer(name="shop", bucket="balancer-logs")
_ACL = WebAcl(
    name="shop",
    to=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{_WATCHED}",
)
_OF_CLIENT = """
SELECT request_url, elb_status_code, target_ip, sent_bytes FROM alb_access_logs
WHERE client_ip = '203.0.113.66' ORDER BY time
"""

TRAVERSAL = Scenario(
    name="people.investigate_traversal",
    title="A web ACL's log tells of a path traversal; the load balancer's files say what was answered",
    before={"Resources": {"Acl": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": _WATCHED}}}},
    parameters=(("PathTraversalGroup", _WATCHED),),
    lasts="22:00",
    given=[
        log_bucket("balancer-logs", "logdelivery.elasticloadbalancing"),
        results_bucket(),
        _BALANCER.there(),
        _ACL.there(),
    ],
    when=[
        at(
            "01:00",
            visited(_ACL, _ATTACKER, _CLIMBS),
            visited(_BALANCER, _ATTACKER, _CLIMBS[:1], status=404),
            visited(_BALANCER, _ATTACKER, _CLIMBS[1:2]),
            visited(_BALANCER, _ATTACKER, _CLIMBS[2:], status=404),
            visited(_ACL, _SHOPPER, ["/basket"]),
            visited(_BALANCER, _SHOPPER, ["/basket"]),
        ),
        at(
            "14:00",
            asks_sql(
                alice,
                "what was this client answered",
                _OF_CLIENT,
                logs={"alb_access_logs": f"s3://balancer-logs/AWSLogs/{ACCOUNT}/elasticloadbalancing/"},
            ),
        ),
    ],
    then=[
        by(
            "11:30",
            alert(
                "path_traversal",
                "MEDIUM",
                "/img?file=",
                subject=f"Path traversal: {_ATTACKER} tried it 3 times, and the log does not say",
            ),
        ),
        by(
            "21:00",
            answered(
                "what was this client answered",
                request_url=f"https://shop.example:443{_CLIMBS[1]}",
                elb_status_code="200",
                target_ip="10.0.0.5",
            ),
            answered(
                "what was this client answered",
                request_url=f"https://shop.example:443{_CLIMBS[0]}",
                elb_status_code="404",
            ),
        ),
    ],
)

_READ = ("2026/january.csv", "2026/february.csv")
_BY_NOBODY = """
SELECT remoteip, useragent, count(*) AS objects, sum(bytessent) AS bytes FROM s3_access_logs
WHERE requester = '-' AND operation = 'REST.GET.OBJECT' AND httpstatus = '200' GROUP BY 1, 2
"""
_REFUSED_TO_NOBODY = """
SELECT operation, remoteip, count(*) AS refused FROM s3_access_logs
WHERE requester = '-' AND httpstatus = '403' GROUP BY 1, 2
"""
_ACCESS_LOGS = {"s3_access_logs": "s3://access-logs/invoices/"}

BUCKET = Scenario(
    name="people.investigate_bucket",
    title="A bucket is opened to everybody; its access logs, hours later, say what a stranger took out of it",
    lasts="03:20:00",
    given=[
        no_looks_for_floods(),
        bucket("invoices"),
        log_bucket("access-logs", "logging.s3"),
        holds("invoices", (*_READ, "2026/march.csv"), logs_to="access-logs", size=2000),
        results_bucket(),
    ],
    when=[
        at("00:00", stranger_asks("203.0.113.99", "invoices", _READ[:1], refused="AccessDenied")),
        at("01:00", unblocks(mallory, "invoices")),
        at("02:00", allows(mallory, "invoices", "*")),
        at("06:00", stranger_asks("203.0.113.99", "invoices", [""], refused="AccessDenied")),
        at("07:00", stranger_asks("203.0.113.99", "invoices", _READ)),
        at(
            "03:10:00",
            asks_sql(alice, "what was taken unsigned", _BY_NOBODY, logs=_ACCESS_LOGS),
        ),
        at("03:15:00", asks_sql(alice, "what was refused unsigned", _REFUSED_TO_NOBODY, logs={})),
    ],
    then=[
        by("04:30", heard_of("bucket_public", "HIGH", "its policy lets everybody in", "user/mallory")),
        by(
            "03:19:00",
            answered("what was taken unsigned", remoteip="203.0.113.99", objects="2", bytes="4000"),
            answered("what was refused unsigned", operation="REST.GET.BUCKET", refused="1"),
            answered("what was refused unsigned", operation="REST.GET.OBJECT", refused="1"),
        ),
    ],
)

SCENARIOS = (SCENARIO, TRAVERSAL, BUCKET)
