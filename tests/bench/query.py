"""How many events a second a query goes through, beside json.loads and gunzip: `python tests/bench/query.py`.

One process, one thread, processor time. What stands beside a query is measured in turn with it; a line has
the middle of the rounds, the lowest and the highest, and the middle of their ratios. Events are CloudTrail's,
of some 1,300 bytes, as in `tests/bench/replay.py`. From memory the query alone; from files with gunzip
(zlib's, a whole file at once), finding the records, and their times. The aim is 100,000 JSON events a second
for a filter with one aggregate.
"""

import gzip
import json
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from replay import quiet, say

from scenarios.queries.insights import Event, Query
from scenarios.records.log_events import LogFiles
from tests.rounds import beside, rates

EVENTS = 20_000
ROUNDS = 5
PER_FILE = 1_000
QUERIES = (
    'filter eventName = "AssumeRole" | stats count(*)',
    'filter eventName = "AssumeRole" | stats count(*) as calls by userIdentity.arn, bin(5m)',
    "filter @message like /DescribeInstances/ | stats count(*)",
    'filter requestParameters.filterSet.items.0.name = "a" | stats count(*)',
    "fields eventName, sourceIPAddress | sort @timestamp desc | limit 20",
)


def main():
    dice = random.Random(7)
    lines = [json.dumps(quiet(dice, number), separators=(",", ":")) for number in range(EVENTS)]
    events = [Event(1000 * number, line) for number, line in enumerate(lines)]
    for text in QUERIES:
        query = Query(text)
        taken = beside(
            lambda query=query: query.run(events),
            lambda: [json.loads(line) and None for line in lines],
            rounds=ROUNDS,
        )
        say(f"{text[:76]:76} {rates(EVENTS, taken.work)} events/s {1 / taken.ratio:5.2f} x json.loads")
    say(f"{'json.loads':76} {rates(EVENTS, taken.other)} events/s")
    with tempfile.TemporaryDirectory() as folder:
        for begin in range(0, EVENTS, PER_FILE):
            content = f'{{"Records":[{",".join(lines[begin : begin + PER_FILE])}]}}'
            Path(folder, f"{begin:06}.json.gz").write_bytes(gzip.compress(content.encode()))
        paths = sorted(Path(folder).iterdir())
        query = Query(QUERIES[0])
        taken = beside(
            lambda: query.run(lambda _: LogFiles((folder,)).events()),
            lambda: [len(gzip.decompress(path.read_bytes())) for path in paths],
            rounds=ROUNDS,
        )
        say(f"{'gunzip alone':76} {rates(EVENTS, taken.other)} events/s")
        name = f"from gz files: {QUERIES[0]}"
        say(f"{name:76} {rates(EVENTS, taken.work)} events/s {1 / taken.ratio:5.2f} x gunzip")


if __name__ == "__main__":
    main()
