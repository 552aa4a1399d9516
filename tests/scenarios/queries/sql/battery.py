"""Questions that responders ask a trail, and what plain Python answers over the same records.

Those of AWS's own page, as they stand there, are in `test_aws_page.py`.
"""

# ruff: noqa: E501, ISC004 - texts of SQL stand as they are pasted

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime


def get(record, path):
    """A value by its path; None where something on the way is missing."""
    for each in path.split("."):
        record = record.get(each) if isinstance(record, dict) else None
    return record


def arn(record):
    return get(record, "userIdentity.arn")


def text(value):
    """As the table has it: JSON where it is no text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def day(record):
    return record["eventTime"][:10].replace("-", "/")


def counts(records, *keys, most=None):
    """Rows of the keys and their count, the most frequent first, then by the keys."""
    found = Counter(tuple(key(each) for key in keys) for each in records)
    rows = [(*key, n) for key, n in found.items()]
    rows.sort(key=lambda row: (-row[-1], *(((value is None), value or "") for value in row[:-1])))
    return rows[:most]


def named(*names):
    return lambda each: each["eventName"] in names


def key(path):
    return lambda each: text(get(each, path))


def where(records, *tests):
    return [each for each in records if all(test(each) for test in tests)]


def ordered(rows, *places):
    return sorted(
        rows,
        key=lambda row: [
            ((row[at] is None), row[at] if row[at] is not None else "") for at in places or range(len(row))
        ],
    )


def failed(each):
    return "errorCode" in each


def epoch(each):
    return int(datetime.fromisoformat(each["eventTime"]).timestamp())


def bucket(each):
    return get(each, "requestParameters.bucketName")


def first_by(records, *keys):
    found: dict[tuple[str, ...], str] = {}
    for each in records:
        at = tuple(k(each) for k in keys)
        found[at] = min(found.get(at, each["eventTime"]), each["eventTime"])
    return ordered([(*at, first) for at, first in found.items()])


def spread(numbers):
    mean = sum(numbers) / len(numbers)
    return (sum((each - mean) ** 2 for each in numbers) / len(numbers)) ** 0.5


def window_counts(records, seconds):
    return Counter(epoch(each) // seconds * seconds for each in records)


def stamp(seconds):
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.000"


def tool(each):
    found = re.match(r"([A-Za-z0-9-]+)/([0-9.]+)", each["userAgent"])
    return found[1] if found else None


def unnested(records):
    return [(each, resource) for each in records for resource in each.get("resources") or []]


T = "cloudtrail_logs"
NAME, SOURCE, IP, ERROR = (key(each) for each in ("eventName", "eventSource", "sourceIPAddress", "errorCode"))
AGENT, REGION, KIND = (key(each) for each in ("userAgent", "awsRegion", "userIdentity.type"))

# Each: the text, and its answer from the records.
QUERIES = {
    # ---- in the manner of AWS's page
    "anonymous reads": (
        f"SELECT eventid FROM {T} WHERE eventsource='s3.amazonaws.com' AND eventname IN ('GetObject') AND "
        "useridentity.accountid='ANONYMOUS_PRINCIPAL' AND useridentity.arn IS NULL AND requestparameters LIKE '%\"b1\"%' ORDER BY 1",
        lambda every: [
            (each["eventID"],)
            for each in where(every, named("GetObject"))
            if get(each, "userIdentity.accountId") == "ANONYMOUS_PRINCIPAL" and bucket(each) == "b1"
        ],
    ),
    "who did what from where": (
        f"SELECT useridentity.arn, eventname, sourceipaddress, eventtime FROM {T} ORDER BY eventtime LIMIT 100",
        lambda every: [(arn(each), NAME(each), IP(each), each["eventTime"]) for each in every[:100]],
    ),
    "resources of each call": (
        f"SELECT u.useridentity.arn, r.arn FROM {T} u CROSS JOIN UNNEST(u.resources) t(r) WHERE \"timestamp\" >= '2026/01/02' ORDER BY 2, 1",
        lambda every: ordered(
            [(arn(each), r["ARN"]) for each, r in unnested(every) if day(each) >= "2026/01/02"], 1, 0
        ),
    ),
    "flat logs": (
        f"""WITH flat_logs AS (SELECT eventtime, eventname, useridentity.principalid, useridentity.username,
        useridentity.sessioncontext.sessionissuer.username AS sessionusername, sourceipaddress, eventsource,
        json_extract_scalar(requestparameters, '$.bucketName') AS bucketname,
        json_extract_scalar(requestparameters, '$.key') AS object FROM {T})
        SELECT eventtime, username, sessionusername, bucketname, object FROM flat_logs
        WHERE date(from_iso8601_timestamp(eventtime)) BETWEEN timestamp '2026-01-01 00:00:00' AND timestamp '2026-01-01 00:00:00'
        AND eventname IN ('GetObject') ORDER BY eventtime LIMIT 50""",
        lambda every: [
            (
                each["eventTime"],
                get(each, "userIdentity.userName"),
                get(each, "userIdentity.sessionContext.sessionIssuer.userName"),
                bucket(each),
                get(each, "requestParameters.key"),
            )
            for each in where(every, named("GetObject"))
            if day(each) == "2026/01/01"
        ][:50],
    ),
    "calls by source and name": (
        f"SELECT eventsource, eventname, count(eventname) AS count FROM {T} GROUP BY eventsource, eventname ORDER BY count DESC, 1, 2",
        lambda every: [(a, b, str(n)) for a, b, n in counts(every, SOURCE, NAME)],
    ),
    # ---- who
    "all of an access key": (
        f"SELECT eventtime, eventname FROM {T} WHERE useridentity.accesskeyid = 'AKIAMALLORY' ORDER BY eventtime",
        lambda every: [
            (each["eventTime"], NAME(each))
            for each in every
            if get(each, "userIdentity.accessKeyId") == "AKIAMALLORY"
        ],
    ),
    "all of an arn": (
        f"SELECT eventid FROM {T} WHERE useridentity.arn = 'arn:aws:iam::111111111111:user/mallory' ORDER BY 1 DESC",
        lambda every: [
            (each["eventID"],)
            for each in reversed(every)
            if arn(each) == "arn:aws:iam::111111111111:user/mallory"
        ],
    ),
    "all from an address": (
        f"SELECT eventname, count(*) AS n FROM {T} WHERE sourceipaddress = '198.51.100.7' GROUP BY eventname ORDER BY n DESC, eventname",
        lambda every: [
            (a, str(n)) for a, n in counts(where(every, lambda each: IP(each) == "198.51.100.7"), NAME)
        ],
    ),
    "kinds of identity": (
        f"SELECT useridentity.type, count(*) FROM {T} GROUP BY 1 ORDER BY 2 DESC, 1",
        lambda every: [(a, str(n)) for a, n in counts(every, KIND)],
    ),
    "root": (
        f"SELECT eventtime, eventname, sourceipaddress FROM {T} WHERE useridentity.type = 'Root' AND useridentity.invokedby IS NULL ORDER BY 1",
        lambda every: [(each["eventTime"], NAME(each), IP(each)) for each in every if KIND(each) == "Root"],
    ),
    "top talkers": (
        f"SELECT useridentity.principalid AS who, count(*) AS calls FROM {T} WHERE useridentity.principalid <> '' GROUP BY 1 ORDER BY calls DESC, who LIMIT 3",
        lambda every: [
            (a, str(n))
            for a, n in counts(
                where(every, key("userIdentity.principalId")), key("userIdentity.principalId"), most=3
            )
        ],
    ),
    "by agent": (
        f"SELECT useragent, count(DISTINCT sourceipaddress) FROM {T} GROUP BY useragent ORDER BY useragent",
        lambda every: ordered(
            [(a, str(len({IP(e) for e in every if AGENT(e) == a}))) for a in {AGENT(e) for e in every}]
        ),
    ),
    "agents with a scripting library": (
        f"SELECT DISTINCT useragent FROM {T} WHERE regexp_like(lower(useragent), '(boto3|aws-cli)') ORDER BY 1",
        lambda every: ordered(
            [(a,) for a in {AGENT(e) for e in every if re.search("boto3|aws-cli", AGENT(e).lower())}]
        ),
    ),
    "tool of each agent": (
        f"SELECT regexp_extract(useragent, '^([A-Za-z0-9-]+)/([0-9.]+)', 1) AS tool, count(*) FROM {T} GROUP BY 1 ORDER BY 1 NULLS FIRST",
        lambda every: sorted(
            ((a, str(n)) for a, n in Counter(map(tool, every)).items()),
            key=lambda row: (row[0] is not None, row[0]),
        ),
    ),
    "user of an arn": (
        f"SELECT element_at(split(useridentity.arn, '/'), -1) AS name, count(*) AS n FROM {T} WHERE useridentity.arn LIKE 'arn:aws:iam::%:user/%' GROUP BY 1 ORDER BY n DESC, name",
        lambda every: [
            (a, str(n))
            for a, n in counts(
                where(every, lambda e: ":user/" in (arn(e) or "")), lambda e: arn(e).split("/")[-1]
            )
        ],
    ),
    "session names": (
        f"SELECT split_part(useridentity.arn, '/', 3) AS session, count(*) FROM {T} WHERE useridentity.type = 'AssumedRole' GROUP BY 1 ORDER BY 2 DESC, 1",
        lambda every: [
            (a, str(n))
            for a, n in counts(
                where(every, lambda e: KIND(e) == "AssumedRole"), lambda e: arn(e).split("/")[2]
            )
        ],
    ),
    "accounts across": (
        f"SELECT eventid FROM {T} WHERE useridentity.accountid <> recipientaccountid ORDER BY 1",
        lambda every: [
            (e["eventID"],)
            for e in every
            if get(e, "userIdentity.accountId") not in (None, e["recipientAccountId"])
        ],
    ),
    "services on somebody's behalf": (
        f"SELECT coalesce(useridentity.invokedby, 'nobody') AS service, count(*) FROM {T} GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [(a, str(n)) for (a, n) in counts(every, lambda e: get(e, "userIdentity.invokedBy") or "nobody")],
            0,
        ),
    ),
    # ---- sign-ins
    "console without mfa": (
        f"SELECT eventtime, useridentity.arn FROM {T} WHERE eventname = 'ConsoleLogin' AND json_extract_scalar(additionaleventdata, '$.MFAUsed') = 'No' ORDER BY eventtime",
        lambda every: [
            (e["eventTime"], arn(e))
            for e in where(every, named("ConsoleLogin"))
            if get(e, "additionalEventData.MFAUsed") == "No"
        ],
    ),
    "failed sign-ins by address": (
        f"SELECT sourceipaddress, count(*) AS n FROM {T} WHERE eventname = 'ConsoleLogin' AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure' GROUP BY sourceipaddress HAVING count(*) > 1 ORDER BY n DESC, 1",
        lambda every: [
            (a, str(n)) for a, n in counts(where(every, named("ConsoleLogin"), failed), IP) if n > 1
        ],
    ),
    "sign-ins of root": (
        f"SELECT count(*) FROM {T} WHERE eventname = 'ConsoleLogin' AND useridentity.type = 'Root'",
        lambda every: [(str(len(where(every, named("ConsoleLogin"), lambda e: KIND(e) == "Root"))),)],
    ),
    "sessions without mfa": (
        f"SELECT eventname, count(*) FROM {T} WHERE useridentity.sessioncontext.attributes.mfaauthenticated = 'false' GROUP BY 1 ORDER BY 2 DESC, 1",
        lambda every: [
            (a, str(n))
            for a, n in counts(
                where(
                    every,
                    lambda e: get(e, "userIdentity.sessionContext.attributes.mfaAuthenticated") == "false",
                ),
                NAME,
            )
        ],
    ),
    "success and failure side by side": (
        f"SELECT count_if(errorcode IS NULL) AS good, count_if(errorcode IS NOT NULL) AS bad FROM {T} WHERE eventname = 'ConsoleLogin'",
        lambda every: [
            (
                str(len([e for e in where(every, named("ConsoleLogin")) if not failed(e)])),
                str(len(where(every, named("ConsoleLogin"), failed))),
            )
        ],
    ),
    "sum of cases": (
        f"SELECT useridentity.type, sum(CASE WHEN errorcode IS NULL THEN 0 ELSE 1 END) AS errors, count(*) AS calls FROM {T} GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [
                (a, str(len(where(every, failed, lambda e, a=a: KIND(e) == a))), str(n))
                for a, n in counts(every, KIND)
            ],
            0,
        ),
    ),
    "share of errors": (
        f"SELECT eventsource, 100.0 * count_if(errorcode IS NOT NULL) / count(*) AS share FROM {T} GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [
                (
                    a,
                    f"{int(1000 * len(where(every, failed, lambda e, a=a: SOURCE(e) == a)) / n + 0.5) / 10:.1f}",
                )
                for a, n in counts(every, SOURCE)
            ],
            0,
        ),
    ),
    # ---- refusals
    "errors by code": (
        f"SELECT errorcode, count(*) AS n FROM {T} WHERE errorcode IS NOT NULL GROUP BY errorcode ORDER BY n DESC",
        lambda every: [(a, str(n)) for a, n in counts(where(every, failed), ERROR)],
    ),
    "what was refused": (
        f"SELECT eventname, errorcode, count(*) FROM {T} WHERE errorcode IN ('AccessDenied', 'Client.UnauthorizedOperation') GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        lambda every: [
            (a, b, str(n))
            for a, b, n in counts(
                where(every, lambda e: ERROR(e) in ("AccessDenied", "Client.UnauthorizedOperation")),
                NAME,
                ERROR,
            )
        ],
    ),
    "many refusals of one principal": (
        f"SELECT useridentity.arn AS who, count(DISTINCT eventname) AS kinds FROM {T} WHERE errorcode = 'AccessDenied' AND useridentity.arn IS NOT NULL GROUP BY 1 HAVING count(DISTINCT eventname) >= 3 ORDER BY kinds DESC, who",
        lambda every: sorted(
            [
                (who, str(len(kinds)))
                for who, kinds in _sets(
                    where(every, lambda e: ERROR(e) == "AccessDenied", arn), arn, NAME
                ).items()
                if len(kinds) >= 3
            ],
            key=lambda row: (-int(row[1]), row[0]),
        ),
    ),
    "refused and then done": (
        f"""SELECT DISTINCT a.useridentity.arn, a.eventname FROM {T} a JOIN {T} b
        ON a.useridentity.arn = b.useridentity.arn AND a.eventname = b.eventname AND a.eventtime < b.eventtime
        WHERE a.errorcode = 'AccessDenied' AND b.errorcode IS NULL ORDER BY 1, 2""",
        lambda every: ordered(
            list(
                {
                    (arn(a), NAME(a))
                    for a in every
                    for b in every
                    if arn(a)
                    and arn(a) == arn(b)
                    and NAME(a) == NAME(b)
                    and a["eventTime"] < b["eventTime"]
                    and ERROR(a) == "AccessDenied"
                    and not failed(b)
                }
            )
        ),
    ),
    "words of the refusal": (
        f"SELECT regexp_replace(errormessage, '^([A-Za-z.]+): not allowed to (.*)$', '$2 by $1') AS words, count(*) FROM {T} WHERE errormessage IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
        lambda every: [
            (a, str(n)) for a, n in counts(where(every, failed), lambda e: f"{NAME(e)} by {ERROR(e)}", most=5)
        ],
    ),
    "no errors at all": (
        f"SELECT eventname FROM {T} GROUP BY eventname HAVING max(errorcode) IS NULL ORDER BY 1",
        lambda every: ordered(
            [(a,) for a in {NAME(e) for e in every} - {NAME(e) for e in where(every, failed)}]
        ),
    ),
    # ---- roles and keys
    "who assumed what": (
        f"SELECT useridentity.arn, json_extract_scalar(requestparameters, '$.roleArn') AS role, count(*) FROM {T} WHERE eventname = 'AssumeRole' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        lambda every: [
            (a, b, str(n))
            for a, b, n in counts(where(every, named("AssumeRole")), arn, key("requestParameters.roleArn"))
        ],
    ),
    "keys that roles gave": (
        f"SELECT json_extract_scalar(responseelements, '$.credentials.accessKeyId') AS k, min(eventtime) FROM {T} WHERE eventname = 'AssumeRole' AND errorcode IS NULL GROUP BY 1 ORDER BY 1",
        lambda every: first_by(
            [e for e in where(every, named("AssumeRole")) if not failed(e)],
            key("responseElements.credentials.accessKeyId"),
        ),
    ),
    "what was done with them": (
        f"""WITH given AS (SELECT DISTINCT json_extract_scalar(responseelements, '$.credentials.accessKeyId') AS k FROM {T} WHERE eventname = 'AssumeRole')
        SELECT c.eventname, count(*) AS n FROM {T} c JOIN given g ON c.useridentity.accesskeyid = g.k GROUP BY c.eventname ORDER BY n DESC, 1""",
        lambda every: [
            (a, str(n))
            for a, n in counts(
                where(
                    every,
                    lambda e: (
                        get(e, "userIdentity.accessKeyId")
                        in {
                            get(o, "responseElements.credentials.accessKeyId")
                            for o in where(every, named("AssumeRole"))
                        }
                        - {None}
                    ),
                ),
                NAME,
            )
        ],
    ),
    "keys made for whom": (
        f"SELECT json_extract_scalar(requestparameters, '$.userName') AS victim, array_agg(DISTINCT useridentity.type ORDER BY useridentity.type) AS by FROM {T} WHERE eventname IN ('CreateAccessKey', 'CreateUser') GROUP BY 1 ORDER BY 1",
        lambda every: [
            (victim, f"[{', '.join(sorted(kinds))}]")
            for victim, kinds in sorted(
                _sets(
                    where(every, named("CreateAccessKey", "CreateUser")),
                    key("requestParameters.userName"),
                    KIND,
                ).items()
            )
        ],
    ),
    "users made by others": (
        f"SELECT eventid FROM {T} WHERE eventname = 'CreateUser' AND errorcode IS NULL AND NOT (useridentity.arn LIKE '%:user/alice' OR useridentity.arn IS NULL) ORDER BY eventid",
        lambda every: [
            (e["eventID"],)
            for e in where(every, named("CreateUser"))
            if not failed(e) and arn(e) and not arn(e).endswith(":user/alice")
        ],
    ),
    "a key in several places": (
        f"SELECT useridentity.accesskeyid, count(DISTINCT sourceipaddress) AS places FROM {T} WHERE useridentity.accesskeyid IS NOT NULL GROUP BY 1 HAVING count(DISTINCT sourceipaddress) > 2 ORDER BY 1",
        lambda every: ordered(
            [
                (k, str(len(v)))
                for k, v in _sets(
                    where(every, key("userIdentity.accessKeyId")), key("userIdentity.accessKeyId"), IP
                ).items()
                if len(v) > 2
            ]
        ),
    ),
    "kind of key": (
        f"SELECT CASE WHEN useridentity.accesskeyid LIKE 'AKIA%' THEN 'long-term' WHEN useridentity.accesskeyid LIKE 'ASIA%' THEN 'session' ELSE 'none' END AS kind, count(*) FROM {T} GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [
                (a, str(n))
                for a, n in counts(
                    every,
                    lambda e: {"AKIA": "long-term", "ASIA": "session"}.get(
                        (get(e, "userIdentity.accessKeyId") or "")[:4], "none"
                    ),
                )
            ],
            0,
        ),
    ),
    # ---- data
    "objects read": (
        f"SELECT json_extract_scalar(requestparameters, '$.bucketName') AS bucket, json_extract_scalar(requestparameters, '$.key') AS k, count(*) AS n FROM {T} WHERE eventname = 'GetObject' GROUP BY 1, 2 ORDER BY n DESC, 1, 2",
        lambda every: [
            (a, b, str(n))
            for a, b, n in counts(where(every, named("GetObject")), bucket, key("requestParameters.key"))
        ],
    ),
    "buckets deleted": (
        f"SELECT eventtime, json_extract_scalar(requestparameters, '$.bucketName') FROM {T} WHERE eventname = 'DeleteBucket' AND errorcode IS NULL ORDER BY 1",
        lambda every: [
            (e["eventTime"], bucket(e)) for e in where(every, named("DeleteBucket")) if not failed(e)
        ],
    ),
    "policies for everybody": (
        f"SELECT eventid FROM {T} WHERE eventname = 'PutBucketPolicy' AND json_extract_scalar(requestparameters, '$.policy.Principal') = '*' ORDER BY 1",
        lambda every: [(e["eventID"],) for e in where(every, named("PutBucketPolicy"))],
    ),
    "secrets read": (
        f"SELECT json_extract_scalar(requestparameters, '$.secretId'), approx_distinct(useridentity.arn) FROM {T} WHERE eventname = 'GetSecretValue' AND errorcode IS NULL GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [
                (k, str(len(v - {None})))
                for k, v in _sets(
                    [e for e in where(every, named("GetSecretValue")) if not failed(e)],
                    key("requestParameters.secretId"),
                    arn,
                ).items()
            ]
        ),
    ),
    "resources by kind": (
        f"SELECT r.type, count(*) FROM {T} CROSS JOIN UNNEST(resources) AS t(r) GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [(a, str(n)) for a, n in Counter(r["type"] for _, r in unnested(every)).items()]
        ),
    ),
    "resources by their columns": (
        f"SELECT t.arn, t.type, t.n FROM {T} CROSS JOIN UNNEST(resources) WITH ORDINALITY AS t(arn, accountid, type, n) WHERE t.n = 2 ORDER BY 1 LIMIT 4",
        lambda every: ordered(
            [(r["ARN"], r["type"], "2") for e in every if e.get("resources") for r in e["resources"][1:]]
        )[:4],
    ),
    "calls without resources kept": (
        f"SELECT count(*), count(t.r) FROM {T} LEFT JOIN UNNEST(resources) AS t(r) ON TRUE",
        lambda every: [
            (str(sum(max(1, len(e.get("resources") or [])) for e in every)), str(len(unnested(every))))
        ],
    ),
    "first resource": (
        f"SELECT element_at(resources, 1).arn AS a, count(*) FROM {T} WHERE cardinality(resources) > 1 GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [
                (a, str(n))
                for a, n in counts(
                    where(every, lambda e: len(e.get("resources") or []) > 1),
                    lambda e: e["resources"][0]["ARN"],
                )
            ],
            0,
        ),
    ),
    "a bucket among resources": (
        f"SELECT count(*) FROM {T} WHERE any_match(resources, r -> r.arn = 'arn:aws:s3:::b1')",
        lambda every: [
            (
                str(
                    len(
                        [
                            e
                            for e in every
                            if any(r["ARN"] == "arn:aws:s3:::b1" for r in e.get("resources") or [])
                        ]
                    )
                ),
            )
        ],
    ),
    "arns of all resources": (
        f"SELECT eventid, array_join(transform(resources, r -> r.arn), ' ') FROM {T} WHERE resources IS NOT NULL ORDER BY eventid LIMIT 5",
        lambda every: [
            (e["eventID"], " ".join(r["ARN"] for r in e["resources"])) for e in every if e.get("resources")
        ][:5],
    ),
    "objects among resources": (
        f"SELECT eventid, cardinality(filter(resources, r -> r.type LIKE '%Object')) FROM {T} WHERE resources IS NOT NULL ORDER BY eventid DESC LIMIT 5",
        lambda every: [
            (e["eventID"], str(len([r for r in e["resources"] if r["type"].endswith("Object")])))
            for e in reversed(every)
            if e.get("resources")
        ][:5],
    ),
    # ---- network and machines
    "doors opened to the world": (
        f"SELECT eventid, json_extract_scalar(requestparameters, '$.ipPermissions.items[0].ipRanges.items[0].cidrIp') FROM {T} WHERE eventname = 'AuthorizeSecurityGroupIngress' AND requestparameters LIKE '%0.0.0.0/0%' ORDER BY 1",
        lambda every: [
            (e["eventID"], "0.0.0.0/0") for e in where(every, named("AuthorizeSecurityGroupIngress"))
        ],
    ),
    "ports": (
        f"SELECT CAST(json_extract_scalar(requestparameters, '$.ipPermissions.items[0].fromPort') AS integer) AS port, count(*) FROM {T} WHERE eventname LIKE 'Authorize%' GROUP BY 1",
        lambda every: [("22", str(len(where(every, named("AuthorizeSecurityGroupIngress")))))],
    ),
    "large machines": (
        f"SELECT useridentity.arn, sum(CAST(json_extract_scalar(requestparameters, '$.minCount') AS bigint)) AS machines FROM {T} WHERE eventname = 'RunInstances' AND json_extract_scalar(requestparameters, '$.instanceType') LIKE 'p4d.%' GROUP BY 1 ORDER BY 2 DESC, 1",
        lambda every: sorted(
            [
                (who, str(n))
                for who, n in _sums(
                    where(
                        every,
                        named("RunInstances"),
                        lambda e: get(e, "requestParameters.instanceType").startswith("p4d"),
                    ),
                    arn,
                    lambda e: get(e, "requestParameters.minCount"),
                ).items()
            ],
            key=lambda row: (-int(row[1]), row[0] is None, row[0] or ""),
        ),
    ),
    "average of machines": (
        f"SELECT avg(CAST(json_extract_scalar(requestparameters, '$.minCount') AS double)) FROM {T} WHERE eventname = 'RunInstances'",
        lambda every: [
            (
                repr(
                    sum(get(e, "requestParameters.minCount") for e in where(every, named("RunInstances")))
                    / len(where(every, named("RunInstances")))
                ),
            )
        ],
    ),
    "addresses from outside": (
        f"SELECT DISTINCT sourceipaddress FROM {T} WHERE sourceipaddress NOT LIKE '%.amazonaws.com' AND NOT regexp_like(sourceipaddress, '^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)') ORDER BY 1",
        lambda every: ordered(
            [
                (a,)
                for a in {IP(e) for e in every}
                if not a.endswith("amazonaws.com") and not a.startswith("10.")
            ]
        ),
    ),
    "addresses in a network": (
        f"SELECT DISTINCT sourceipaddress FROM {T} WHERE sourceipaddress NOT LIKE '%amazonaws.com' AND contains('198.51.100.0/24', CAST(sourceipaddress AS ipaddress))",
        lambda every: [("198.51.100.7",)] if any(IP(e) == "198.51.100.7" for e in every) else [],
    ),
    "no addresses": (
        f"SELECT count(*) FROM {T} WHERE try_cast(sourceipaddress AS ipaddress) IS NULL",
        lambda every: [(str(len(where(every, lambda e: IP(e).endswith("amazonaws.com")))),)],
    ),
    # ---- defence evasion
    "trail stopped": (
        f"SELECT eventtime, useridentity.arn, sourceipaddress FROM {T} WHERE eventname IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors') ORDER BY eventtime",
        lambda every: [(e["eventTime"], arn(e), IP(e)) for e in where(every, named("StopLogging"))],
    ),
    "what followed within an hour": (
        f"""SELECT a.eventid, count(*) FROM {T} a JOIN {T} b ON a.useridentity.arn = b.useridentity.arn
        AND date_diff('second', from_iso8601_timestamp(a.eventtime), from_iso8601_timestamp(b.eventtime)) BETWEEN 1 AND 3600
        WHERE a.eventname = 'StopLogging' GROUP BY 1 ORDER BY 1""",
        lambda every: ordered(
            [
                (a["eventID"], str(n))
                for a in where(every, named("StopLogging"), arn)
                if (n := len([b for b in every if arn(b) == arn(a) and 1 <= epoch(b) - epoch(a) <= 3600]))
            ]
        ),
    ),
    "writes only": (
        f"SELECT eventname, count(*) FROM {T} WHERE readonly = 'false' GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [(a, str(n)) for a, n in counts(where(every, lambda e: not e["readOnly"]), NAME)], 0
        ),
    ),
    "functions changed": (
        f"SELECT eventname FROM {T} WHERE eventsource = 'lambda.amazonaws.com' AND regexp_like(eventname, '^UpdateFunctionCode[0-9]+(v[0-9]+)?$') LIMIT 1",
        lambda every: [("UpdateFunctionCode20150331v2",)],
    ),
    "name without its version": (
        f"SELECT DISTINCT regexp_replace(eventname, '[0-9]{{8}}.*$') FROM {T} WHERE eventsource = 'lambda.amazonaws.com'",
        lambda every: [("UpdateFunctionCode",)],
    ),
    # ---- time
    "by hour": (
        f"SELECT date_trunc('hour', from_iso8601_timestamp(eventtime)) AS hour, count(*) FROM {T} GROUP BY 1 ORDER BY 1",
        lambda every: [(f"{stamp(at)} UTC", str(n)) for at, n in sorted(window_counts(every, 3600).items())],
    ),
    "by day": (
        f"SELECT substr(eventtime, 1, 10) AS day, count(*) FROM {T} GROUP BY substr(eventtime, 1, 10) ORDER BY day DESC",
        lambda every: sorted(
            [(a, str(n)) for a, n in Counter(e["eventTime"][:10] for e in every).items()], reverse=True
        ),
    ),
    "by five minutes": (
        f"SELECT from_unixtime(floor(to_unixtime(from_iso8601_timestamp(eventtime)) / 300) * 300) AS slot, count(*) FROM {T} WHERE \"timestamp\" = '2026/01/02' GROUP BY 1 ORDER BY 1",
        lambda every: [
            (f"{stamp(at)} UTC", str(n))
            for at, n in sorted(window_counts([e for e in every if day(e) == "2026/01/02"], 300).items())
        ],
    ),
    "hours of the day": (
        f"SELECT hour(from_iso8601_timestamp(eventtime)) AS h, count(*) AS n FROM {T} GROUP BY 1 ORDER BY n DESC, h LIMIT 4",
        lambda every: [
            (str(a), str(n))
            for a, n in sorted(
                Counter(int(e["eventTime"][11:13]) for e in every).items(), key=lambda row: (-row[1], row[0])
            )[:4]
        ],
    ),
    "at night": (
        f"SELECT count(*) FROM {T} WHERE extract(hour FROM from_iso8601_timestamp(eventtime)) NOT BETWEEN 8 AND 18",
        lambda every: [(str(len([e for e in every if not 8 <= int(e["eventTime"][11:13]) <= 18])),)],
    ),
    "weekdays": (
        f"SELECT day_of_week(date(substr(eventtime, 1, 10))) AS d, format_datetime(min(from_iso8601_timestamp(eventtime)), 'EEE') FROM {T} GROUP BY 1 ORDER BY 1",
        lambda every: sorted(
            {
                (
                    str(datetime.fromisoformat(e["eventTime"]).isoweekday()),
                    f"{datetime.fromisoformat(e['eventTime']):%a}",
                )
                for e in every
            }
        ),
    ),
    "since yesterday": (
        f"SELECT count(*) FROM {T} WHERE from_iso8601_timestamp(eventtime) > now() - interval '1' day",
        lambda every: [(str(len([e for e in every if e["eventTime"] > "2026-01-02T23:00:00Z"])),)],
    ),
    "last days by the partition": (
        f"SELECT count(*) FROM {T} WHERE \"timestamp\" >= date_format(current_date - interval '1' day, '%Y/%m/%d')",
        lambda every: [(str(len([e for e in every if day(e) >= "2026/01/02"])),)],
    ),
    "between two moments": (
        f"SELECT eventid FROM {T} WHERE eventtime BETWEEN '2026-01-01T12:00:00Z' AND '2026-01-02T12:00:00Z' ORDER BY 1",
        lambda every: [
            (e["eventID"],)
            for e in every
            if "2026-01-01T12:00:00Z" <= e["eventTime"] <= "2026-01-02T12:00:00Z"
        ],
    ),
    "parsed by a format": (
        f"SELECT count(*) FROM {T} WHERE date_parse(eventtime, '%Y-%m-%dT%H:%i:%sZ') >= timestamp '2026-01-02 00:00:00'",
        lambda every: [(str(len([e for e in every if day(e) >= "2026/01/02"])),)],
    ),
    "how long": (
        f"SELECT useridentity.arn, date_diff('minute', min(from_iso8601_timestamp(eventtime)), max(from_iso8601_timestamp(eventtime))) FROM {T} WHERE useridentity.arn IS NOT NULL GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [(who, str((max(v) - min(v)) // 60)) for who, v in _sets(where(every, arn), arn, epoch).items()],
            0,
        ),
    ),
    "first use of a region": (
        f"SELECT useridentity.arn, awsregion, min(eventtime) FROM {T} GROUP BY 1, 2 ORDER BY 1, 2",
        lambda every: first_by(every, arn, REGION),
    ),
    "first use of a service": (
        f"""SELECT who, eventsource, eventtime FROM (
        SELECT useridentity.arn AS who, eventsource, eventtime, row_number() OVER (PARTITION BY useridentity.arn, eventsource ORDER BY eventtime) AS n FROM {T})
        WHERE n = 1 AND who IS NOT NULL ORDER BY 1, 2""",
        lambda every: first_by(where(every, arn), arn, SOURCE),
    ),
    "new on the last day": (
        f"SELECT DISTINCT eventname FROM {T} WHERE \"timestamp\" = '2026/01/03' AND useridentity.arn LIKE '%bob' EXCEPT SELECT eventname FROM {T} WHERE \"timestamp\" < '2026/01/03' AND useridentity.arn LIKE '%bob' ORDER BY 1",
        lambda every: ordered(
            [
                (a,)
                for a in {NAME(e) for e in every if day(e) == "2026/01/03" and (arn(e) or "").endswith("bob")}
                - {NAME(e) for e in every if day(e) < "2026/01/03" and (arn(e) or "").endswith("bob")}
            ]
        ),
    ),
    "gap before each call": (
        f"""SELECT eventid, date_diff('second', lag(from_iso8601_timestamp(eventtime)) OVER (ORDER BY eventtime), from_iso8601_timestamp(eventtime)) AS gap
        FROM {T} ORDER BY eventid LIMIT 3""",
        lambda every: [
            (e["eventID"], None if at == 0 else str(epoch(e) - epoch(every[at - 1])))
            for at, e in enumerate(every[:3])
        ],
    ),
    "running count": (
        f"SELECT eventid, count(*) OVER (PARTITION BY useridentity.type ORDER BY eventtime ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM {T} ORDER BY eventid LIMIT 6",
        lambda every: [
            (e["eventID"], str(len([o for o in every[: at + 1] if KIND(o) == KIND(e)])))
            for at, e in enumerate(every[:6])
        ],
    ),
    "rank of principals": (
        f"SELECT who, n, rank() OVER (ORDER BY n DESC) FROM (SELECT useridentity.type AS who, count(*) AS n FROM {T} GROUP BY 1) ORDER BY 3, 1",
        lambda every: [
            (a, str(n), str(1 + len([m for _, m in counts(every, KIND) if m > n])))
            for a, n in counts(every, KIND)
        ],
    ),
    # ---- partitions
    "one day": (
        f"SELECT count(*) FROM {T} WHERE \"timestamp\" = '2026/01/02'",
        lambda every: [(str(len([e for e in every if day(e) == "2026/01/02"])),)],
    ),
    "one region and account": (
        f"SELECT count(*) FROM {T} WHERE region = 'eu-west-1' AND account = '222222222222'",
        lambda every: [
            (
                str(
                    len(
                        [
                            e
                            for e in every
                            if REGION(e) == "eu-west-1" and e["recipientAccountId"] == "222222222222"
                        ]
                    )
                ),
            )
        ],
    ),
    "by partition": (
        f'SELECT account, region, "timestamp", count(*) FROM {T} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3',
        lambda every: ordered(
            [(a, b, c, str(n)) for a, b, c, n in counts(every, key("recipientAccountId"), REGION, day)],
            0,
            1,
            2,
        ),
    ),
    "partition of a query within": (
        f"WITH d AS (SELECT eventname AS name, \"timestamp\" AS day FROM {T}) SELECT count(*) FROM d WHERE day IN ('2026/01/01', '2026/01/03') AND name <> 'Decrypt'",
        lambda every: [(str(len([e for e in every if day(e) != "2026/01/02" and NAME(e) != "Decrypt"])),)],
    ),
    # ---- sets, joins, subqueries
    "in a query": (
        f"SELECT count(*) FROM {T} WHERE useridentity.arn IN (SELECT useridentity.arn FROM {T} WHERE eventname = 'StopLogging')",
        lambda every: [
            (
                str(
                    len(
                        [
                            e
                            for e in every
                            if arn(e) and arn(e) in {arn(o) for o in where(every, named("StopLogging"))}
                        ]
                    )
                ),
            )
        ],
    ),
    "not in a query": (
        f"SELECT count(*) FROM {T} WHERE eventname NOT IN (SELECT eventname FROM {T} WHERE errorcode = 'NoSuchBucket')",
        lambda every: [
            (
                str(
                    len(
                        [
                            e
                            for e in every
                            if NAME(e) not in {NAME(o) for o in every if ERROR(o) == "NoSuchBucket"}
                        ]
                    )
                ),
            )
        ],
    ),
    "exists": (
        f"SELECT count(*) FROM {T} a WHERE EXISTS (SELECT 1 FROM {T} b WHERE b.sourceipaddress = a.sourceipaddress AND b.eventname = 'CreateUser' AND b.errorcode IS NULL)",
        lambda every: [
            (
                str(
                    len(
                        [
                            e
                            for e in every
                            if IP(e) in {IP(o) for o in where(every, named("CreateUser")) if not failed(o)}
                        ]
                    )
                ),
            )
        ],
    ),
    "more than the average": (
        f"WITH n AS (SELECT eventname, count(*) AS n FROM {T} GROUP BY 1) SELECT eventname FROM n WHERE n > (SELECT avg(n) FROM n) ORDER BY 1",
        lambda every: ordered(
            [(a,) for a, n in counts(every, NAME) if n > len(every) / len({NAME(e) for e in every})]
        ),
    ),
    "left join": (
        f"""SELECT k.name, l.n FROM (VALUES ('StopLogging'), ('DeleteTrail')) AS k(name)
        LEFT JOIN (SELECT eventname, count(*) AS n FROM {T} GROUP BY 1) l ON l.eventname = k.name ORDER BY 1""",
        lambda every: [("DeleteTrail", None), ("StopLogging", str(len(where(every, named("StopLogging")))))],
    ),
    "using": (
        f"""WITH a AS (SELECT sourceipaddress, count(*) AS calls FROM {T} GROUP BY 1),
        b AS (SELECT sourceipaddress, count(*) AS errors FROM {T} WHERE errorcode IS NOT NULL GROUP BY 1)
        SELECT sourceipaddress, calls, errors FROM a JOIN b USING (sourceipaddress) ORDER BY 1""",
        lambda every: ordered(
            [
                (a, str(n), str(len(where(every, failed, lambda e, a=a: IP(e) == a))))
                for a, n in counts(every, IP)
            ],
            0,
        ),
    ),
    "union": (
        f"SELECT 'reads' AS kind, count(*) AS n FROM {T} WHERE readonly = 'true' UNION ALL SELECT 'writes', count(*) FROM {T} WHERE readonly = 'false' ORDER BY kind",
        lambda every: [
            ("reads", str(len([e for e in every if e["readOnly"]]))),
            ("writes", str(len([e for e in every if not e["readOnly"]]))),
        ],
    ),
    "intersect": (
        f"SELECT sourceipaddress FROM {T} WHERE eventname = 'CreateUser' INTERSECT SELECT sourceipaddress FROM {T} WHERE eventname = 'StopLogging' ORDER BY 1",
        lambda every: ordered(
            [
                (a,)
                for a in {IP(e) for e in where(every, named("CreateUser"))}
                & {IP(e) for e in where(every, named("StopLogging"))}
            ]
        ),
    ),
    "rollup": (
        f"SELECT awsregion, readonly, count(*) FROM {T} GROUP BY ROLLUP (awsregion, readonly) ORDER BY 1, 2",
        lambda every: ordered(
            [
                *((a, b, str(n)) for a, b, n in counts(every, REGION, key("readOnly"))),
                *((a, None, str(n)) for a, n in counts(every, REGION)),
                (None, None, str(len(every))),
            ],
            0,
            1,
        ),
    ),
    "grouping sets": (
        f"SELECT awsregion, useridentity.type, count(*), grouping(awsregion, useridentity.type) FROM {T} GROUP BY GROUPING SETS ((awsregion), (useridentity.type)) ORDER BY 1, 2",
        lambda every: ordered(
            [
                *((a, None, str(n), "1") for a, n in counts(every, REGION)),
                *((None, a, str(n), "2") for a, n in counts(every, KIND)),
            ],
            0,
            1,
        ),
    ),
    # ---- aggregates with a turn
    "names in order": (
        f"SELECT sourceipaddress, listagg(DISTINCT eventsource, ',') WITHIN GROUP (ORDER BY eventsource) FROM {T} GROUP BY 1 ORDER BY 1",
        lambda every: ordered([(ip, ",".join(sorted(v))) for ip, v in _sets(every, IP, SOURCE).items()], 0),
    ),
    "last call of each": (
        f"SELECT useridentity.type, max_by(eventname, eventtime), min_by(eventname, eventtime) FROM {T} GROUP BY 1 ORDER BY 1",
        lambda every: ordered(
            [
                (
                    a,
                    NAME([e for e in every if KIND(e) == a][-1]),
                    NAME(next(e for e in every if KIND(e) == a)),
                )
                for a, _ in counts(every, KIND)
            ],
            0,
        ),
    ),
    "histogram": (
        f"SELECT histogram(readonly) FROM {T}",
        lambda every: [
            (
                f"{{false={len([e for e in every if not e['readOnly']])}, true={len([e for e in every if e['readOnly']])}}}",
            )
        ],
    ),
    "filtered aggregates": (
        f"SELECT count(*) FILTER (WHERE awsregion = 'us-east-1'), bool_or(eventname = 'StopLogging'), bool_and(readonly = 'true') FROM {T}",
        lambda every: [(str(len([e for e in every if REGION(e) == "us-east-1"])), "true", "false")],
    ),
    "spread": (
        f"SELECT round(stddev_pop(n), 3) FROM (SELECT eventname, count(*) AS n FROM {T} GROUP BY 1)",
        lambda every: [(repr(round(spread([n for _, n in counts(every, NAME)]), 3)),)],
    ),
    # ---- JSON as it is
    "json of a part": (
        f"SELECT DISTINCT json_extract(requestparameters, '$.policy') FROM {T} WHERE eventname = 'PutBucketPolicy'",
        lambda every: [('{"Principal":"*"}',)],
    ),
    "number of rules": (
        f"SELECT DISTINCT json_array_length(json_extract(requestparameters, '$.ipPermissions.items')) FROM {T} WHERE eventname = 'AuthorizeSecurityGroupIngress'",
        lambda every: [("1",)],
    ),
    "an object is no scalar": (
        f"SELECT count(json_extract_scalar(requestparameters, '$.policy')), count(json_extract_scalar(eventname, '$.x')) FROM {T}",
        lambda every: [("0", "0")],
    ),
    "whole records": (
        f"SELECT eventid, requestparameters, readonly FROM {T} WHERE requestparameters IS NOT NULL ORDER BY eventid LIMIT 10",
        lambda every: [
            (e["eventID"], text(e["requestParameters"]), text(e["readOnly"]))
            for e in every
            if e["requestParameters"]
        ][:10],
    ),
    "offset": (
        f"SELECT eventid FROM {T} ORDER BY eventid OFFSET 5 LIMIT 2",
        lambda every: [(e["eventID"],) for e in every[5:7]],
    ),
}


def _sets(records, by, of):
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in records:
        found[by(each)].add(of(each))
    return found


def _sums(records, by, of):
    found: Counter[str] = Counter()
    for each in records:
        found[by(each)] += of(each)
    return found
