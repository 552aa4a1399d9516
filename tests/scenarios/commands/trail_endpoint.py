"""A trail over HTTP and on disk, for the command: as much of S3 and CloudTrail as it asks."""

import base64
import gzip
import hashlib
import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from chalicelib.trail.integrity.keys import Chain, LogFileKey
from scenarios.cloud.cloudtrail.delivery.digests import DeliveredLog, simulated_key, write_digest

BUCKET, ACCOUNT, HOME = "trail-bucket", "111122223333", "eu-west-1"
ARN = f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/main"
START = datetime(2024, 2, 28, 21, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHAIN = Chain(account=ACCOUNT, region=HOME, trail="main", home_region=HOME)


class Delivered:
    """Objects by bucket and key, and the digests and log files among them, oldest first.

    `records` holds, by the number of an hour from 1, what the home chain's last log file of it tells besides.
    """

    def __init__(self):
        self.objects, self.digests, self.logs, self.records = {}, [], [], {}

    def chain(self, chain=CHAIN, hours=6, *, skip=(), bucket=BUCKET, start=START, previous=None):
        """Deliver a chain: two log files an hour; in skipped hours nothing, and a new chain after them."""
        for hour in range(hours):
            if hour in skip:
                previous = None
                continue
            since = start + hour * HOUR
            told = self.records.get(hour + 1, []) if chain == CHAIN else []
            logs = [
                self._log(chain, bucket, since + HOUR * 0.3),
                self._log(chain, bucket, since + HOUR * 0.7, told),
            ]
            previous = write_digest(
                chain, bucket=bucket, starts_at=since, ends_at=since + HOUR, logs=logs, previous=previous
            )
            self.objects[bucket, previous.key] = (previous.body, dict(previous.metadata))
            self.digests.append(previous.key)
        return previous

    def _log(self, chain, bucket, moment, records=()):
        content = json.dumps({"Records": [{"eventID": f"{chain.region}-{moment}"}, *records]}).encode()
        name = LogFileKey(
            prefix=chain.prefix,
            organization=chain.organization,
            account=chain.account,
            region=chain.region,
            delivered_at=moment,
            unique=f"{len(self.objects):016d}",
        )
        self.objects[bucket, str(name)] = (gzip.compress(content, mtime=0), {})
        self.logs.append(str(name))
        return DeliveredLog(
            bucket=bucket,
            key=str(name),
            sha256=hashlib.sha256(content).hexdigest(),
            oldest_event=moment,
            newest_event=moment,
        )

    def drop(self, *keys):
        for key in keys:
            del self.objects[BUCKET, key]

    def on_disk(self, root, *, heads=()):
        """Write it as `aws s3 sync` would, with the metadata of some; and the public keys beside it."""
        for (_, key), (body, metadata) in self.objects.items():
            path = root / "copy" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            if key in heads:
                path.with_name(f"{path.name}.head.json").write_text(json.dumps({"Metadata": metadata}))
        (root / "keys.json").write_text(json.dumps({"PublicKeyList": [public_key()]}))
        return root / "copy", root / "keys.json"


def public_key(value=None):
    return {
        "Value": base64.b64encode(value or simulated_key().value).decode(),
        "Fingerprint": simulated_key().fingerprint,
        "ValidityStartTime": 1577836800,
        "ValidityEndTime": 2208988800,
    }


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # else connections made at once wait a second for their second try


class Endpoint:
    """Serves `Delivered` on a free loopback port.

    `cloudtrail` holds the answers by action; an answer that is a string is an error's code, one that can be
    called is given what is asked. `faults` holds, by a part of the request's target, errors that are answered
    first. `switched_on` are EC2's regions, and `opted_in` those among them that somebody chose. `signed_for`
    holds, by the action, the region whose signature a call bore. `versions` holds what was deleted or
    overwritten, by bucket, key: version ids with their body and metadata, newest first, a body of None for a
    delete marker.
    `asked` is reported of each GET's target; `hostile`, where there is one, answers it instead.
    """

    def __init__(self, delivered):
        self.objects, self.faults, self.lock = delivered.objects, {}, Lock()
        self.switched_on: tuple[str, ...] = ()
        self.opted_in: tuple[str, ...] = ()
        self.signed_for: dict[str, str] = {}
        self.versions, self.most = {}, 1000
        self.asked = lambda target: None
        self.hostile = None
        self.cloudtrail = {
            "ListPublicKeys": {"PublicKeyList": [public_key()]},
            "DescribeTrails": {
                "trailList": [
                    {
                        "Name": "main",
                        "TrailARN": ARN,
                        "S3BucketName": BUCKET,
                        "HomeRegion": HOME,
                        "IsMultiRegionTrail": False,
                        "IsOrganizationTrail": False,
                        "LogFileValidationEnabled": True,
                    }
                ]
            },
            "GetTrailStatus": {"IsLogging": True},
        }

    def __enter__(self):
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are sent apart

            def do_GET(self):
                endpoint.asked(unquote(self.path))
                if endpoint.hostile:
                    with suppress(ConnectionError):  # the other side need not wait for the end
                        endpoint.hostile(self)
                    self.close_connection = True
                    return
                self.answer(*endpoint.get(self.path))

            def do_HEAD(self):
                self.answer(*endpoint.get(self.path, self.command))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                action = self.headers.get("x-amz-target", "ec2.DescribeRegions").rpartition(".")[2]
                endpoint.signed_for[action] = self.headers["authorization"].split("/")[2]
                self.answer(*endpoint.call(action, body))

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in {**headers, "Content-Length": len(body)}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    with suppress(ConnectionError):  # who has seen enough need not wait for the end
                        self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def call(self, action, body):
        if action == "DescribeRegions":
            return self.regions()
        with self.lock:
            if self.faults.get(action):
                return 400, {}, json.dumps({"__type": self.faults[action].pop(0)}).encode()
        answer = self.cloudtrail.get(action, "UnknownOperationException")
        if callable(answer):
            answer = answer(json.loads(body))
        if isinstance(answer, str):
            return 400, {}, json.dumps({"__type": answer, "message": f"{answer} was reported"}).encode()
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()

    def regions(self):
        if not self.switched_on:
            why = "<Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error>"
            return 403, {}, f"<Response><Errors>{why}</Errors></Response>".encode()
        status = dict.fromkeys(self.opted_in, "opted-in")
        rows = "".join(
            f"<item><regionName>{name}</regionName>"
            f"<optInStatus>{status.get(name, 'opt-in-not-required')}</optInStatus></item>"
            for name in self.switched_on
        )
        told = f"<DescribeRegionsResponse><regionInfo>{rows}</regionInfo></DescribeRegionsResponse>"
        return 200, {}, told.encode()

    def get(self, target, method="GET"):
        with self.lock:
            for part, statuses in self.faults.items():
                if part in unquote(target) and statuses:
                    return _error(statuses.pop(0))
        url = urlsplit(target)
        bucket, _, key = unquote(url.path)[1:].partition("/")
        asked = dict(parse_qsl(url.query, keep_blank_values=True))
        if key:
            found = self._object(bucket, key, asked.get("versionId"))
            if found is None:
                return _error("404 NoSuchKey")
            if "archived" in found[1]:
                return _archived(found[1], method)
            return 200, {f"x-amz-meta-{name}": value for name, value in found[1].items()}, found[0]
        listed = self._versions if "versions" in asked else self._list
        return 200, {"Content-Type": "application/xml"}, listed(bucket, asked)

    def _object(self, bucket, key, version):
        if not version:
            return self.objects.get((bucket, key))
        kept = self.versions.get((bucket, key), ())
        return next((found[1:] for found in kept if found[0] == version and found[1] is not None), None)

    def _versions(self, bucket, asked):
        rows = ""
        for (where, key), kept in sorted(self.versions.items()):
            if where != bucket or not key.startswith(asked["prefix"]) or key <= asked.get("key-marker", ""):
                continue
            now = (where, key) in self.objects
            rows += _version("Version", key, "now", latest=True) if now else ""
            for number, (version, body, *_) in enumerate(kept):
                kind = "DeleteMarker" if body is None else "Version"
                rows += _version(kind, key, version, latest=not number and not now)
        told = f"<ListVersionsResult><IsTruncated>false</IsTruncated>{rows}</ListVersionsResult>"
        return told.encode()

    def _list(self, bucket, asked):
        prefix = asked.get("prefix", "")
        after = asked.get("continuation-token") or asked.get("start-after", "")
        keys = sorted(key for where, key in self.objects if where == bucket and key.startswith(prefix))
        keys = [key for key in keys if key > after]
        more = ""
        if asked.get("delimiter"):
            folders = sorted({prefix + key[len(prefix) :].split("/")[0] for key in keys})
            rows = [f"<CommonPrefixes><Prefix>{escape(name)}/</Prefix></CommonPrefixes>" for name in folders]
        else:
            if len(keys) > self.most:
                keys = keys[: self.most]
                more = f"<NextContinuationToken>{escape(keys[-1])}</NextContinuationToken>"
            rows = [
                f"<Contents><Key>{escape(key)}</Key><LastModified>{_modified(key)}</LastModified></Contents>"
                for key in keys
            ]
        cut = f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}"
        return f"<ListBucketResult>{cut}{''.join(rows)}</ListBucketResult>".encode()


def _version(kind, key, version, *, latest):
    return (
        f"<{kind}><Key>{escape(key)}</Key><VersionId>{version}</VersionId>"
        f"<IsLatest>{str(latest).lower()}</IsLatest><LastModified>{_modified(key)}</LastModified></{kind}>"
    )


def _archived(metadata, method):
    if method == "HEAD":
        return 200, {"x-amz-restore": metadata.get("restore", "")}, b""
    kept = "".join(f"<{name}>{value}</{name}>" for name, value in metadata["archived"].items())
    return 403, {}, f"<Error><Code>InvalidObjectState</Code><Message>no</Message>{kept}</Error>".encode()


def _error(fault):
    status, code = fault.split()
    return (
        int(status),
        {},
        f"<Error><Code>{code}</Code><Message>{code} was reported</Message></Error>".encode(),
    )


def _modified(key):
    day = re.search(r"/(\d{4})/(\d\d)/(\d\d)/", key)
    return "-".join(day.groups()) + "T23:00:00Z" if day else "2024-02-28T23:00:00Z"
