"""CloudTrail log file integrity, judged without AWS: values in, a verdict out.

CloudTrail signs one digest an hour for each account and region of a trail. A digest names every log file
delivered in that hour with its SHA-256, and its predecessor with its SHA-256 and signature, so that digests
form a chain. This package says whether what lies in the bucket is still what CloudTrail delivered. It reads
no clock and calls no AWS: the caller hands over bytes, facts and `now`.

The way through::

    ring = KeyRing.of(cloudtrail.list_public_keys(StartTime=..., EndTime=...)["PublicKeyList"])
    digests = [parse_digest(bucket, key, body, metadata) for ...]   # get_object: Body, Metadata
    verdict = judge(
        digests,
        keys=ring,
        read=read,                                    # (bucket, key) -> gzip bytes, or None when not there
        window=Window(since=..., until=..., now=...),  # all aware datetimes
        anchors=[anchor],                             # what an earlier run verified: Verdict.anchors
        expected={chain: bucket},                     # chains that must be there, even with no digest at all
        listing=objects,                              # StoredObject for each key (or version) in the bucket
    )
    verdict.sound, verdict.weight, verdict.findings, verdict.anchors

Modules, in reading order:

| module | holds | |---|---| | keys | `LogFileKey.parse(key)`, `DigestKey.parse(key)`, `Chain`, `MalformedKey`
| | public_keys | `PublicKey`, `KeyRing.of(entries)`, `.find(fingerprint)`, `fingerprint(der)`, `UnusableKey`
| | gunzip | `inflate(packed, limit)`: bounded, one member, nothing after it; `MalformedGzip` | | digest |
`parse_digest(...) -> AnyDigest`, `verify_signature(digest, ring)` | | findings | `What`, `Weight`,
`IntegrityFinding` (what, where, when, evidence, sentence), `Anchor`, `Verdict` | | evidence | what the caller
hands over: `Window`, `StoredObject`, `Unreadable` | | sentences | findings about digests, worded | | chain |
one chain's digests: own faults, links, gaps, holes, the newest one missing | | logs | one log file against
its digest; log files and versions that a listing shows | | verdict | `judge(...)`: all of it together |

Only `Unreadable`, raised by the caller's `read`, is turned into a finding; any other error of the caller's
rises, since a fault of ours must not read as a fault of the trail. Malformed content never raises.

Source of the rules, unless said otherwise:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
"""
