"""How many events a second a query goes through, beside json.loads and gunzip: `python tests/bench/query.py`.

One process, one thread, processor time, the best of several. Events are CloudTrail's, of some 1,300 bytes, as
in `tests/bench/replay.py`. `x json.loads` is the ratio to it. From memory the query alone; from files with
gunzip, finding the records, and their times. The aim is 100,000 JSON events a second for a filter with one
aggregate.
"""

import gzip
import json
import random
import tempfile
from pathlib import Path

from replay import best, quiet, say

from scenarios.queries.insights import Event, Query
from scenarios.records.log_events import LogFiles

EVENTS = 40_000
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
    loads = best(lambda: [json.loads(line) and None for line in lines], EVENTS)
    say(f"{'json.loads':76} {loads:10,.0f} events/s")
    for text in QUERIES:
        query = Query(text)
        rate = best(lambda query=query: query.run(events), EVENTS)
        say(f"{text[:76]:76} {rate:10,.0f} events/s  {rate / loads:4.1f} x json.loads")
    with tempfile.TemporaryDirectory() as folder:
        for begin in range(0, EVENTS, PER_FILE):
            content = f'{{"Records":[{",".join(lines[begin : begin + PER_FILE])}]}}'
            Path(folder, f"{begin:06}.json.gz").write_bytes(gzip.compress(content.encode()))
        paths = sorted(Path(folder).iterdir())
        unpacked = best(lambda: [len(gzip.decompress(path.read_bytes())) for path in paths], EVENTS)
        query = Query(QUERIES[0])
        rate = best(lambda: query.run(lambda _: LogFiles((folder,)).events()), EVENTS)
        say(f"{'gunzip alone':76} {unpacked:10,.0f} events/s")
        say(f"{'from gz files: ' + QUERIES[0]:76} {rate:10,.0f} events/s  {rate / unpacked:4.2f} x gunzip")


if __name__ == "__main__":
    main()
