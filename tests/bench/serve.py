"""PutItem over HTTP, of `trailwarden serve` and of moto's own server: `python tests/bench/serve.py`.

Both serve in processes of their own, and are asked in turns over one connection each. The figure is the
median turn's processor time of the server for one request, so that neighbours on the machine and the client
count less. Ours asks IAM, keeps to DynamoDB's limits, and has a timeline; more than twice moto's fails.
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TURNS, REQUESTS = 7, 300
MOST = 2.0  # times as much as moto's server
OURS = "from scenarios.commands.cli import main; main(['serve', '--empty', '--port', '{port}'])"
MOTOS = "from moto.server import main; main(['-p', '{port}'])"
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=ann/20260302/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=unread",
    "X-Amz-Date": "20260302T000000Z",
}
TABLE = {
    "TableName": "orders",
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@dataclass
class Server:
    """A server in a process of its own, and a client of it."""

    port: int
    process: subprocess.Popen

    def asks(self, operation, body):
        """Ask DynamoDB; what it answers."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            return self._asked(client, operation, body)
        finally:
            client.close()

    def turn(self):
        """Processor time of the server for one PutItem, in milliseconds."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        client.connect()
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        before = self._seconds()
        for number in range(REQUESTS):
            item = {"k": {"S": f"{number}"}, "made": {"N": "1"}, "by": {"S": "ann" * 30}}
            self._asked(client, "PutItem", {"TableName": "orders", "Item": item})
        client.close()
        return (self._seconds() - before) / REQUESTS * 1_000

    def _asked(self, client, operation, body):
        headers = {**HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        client.request("POST", "/", json.dumps(body), headers)
        with client.getresponse() as answer:
            told = json.load(answer)
        if answer.status != 200:
            raise SystemExit(f"{operation} is answered {answer.status}: {told}")
        return told

    def _seconds(self):
        """Processor time of the process so far: fields 14 and 15 of `man 5 proc_pid_stat`."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(code) -> Iterator[Server]:
    """Run a server until the block is over; `{port}` in its code is a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", code.format(port=port)], stderr=subprocess.DEVNULL)
    try:
        while not listens(port):
            if process.poll() is not None:
                raise SystemExit(f"a server ended with {process.returncode} before it was ready: {code}")
            time.sleep(0.2)
        yield Server(port, process)
    finally:
        process.kill()
        process.wait()


def listens(port):
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main():
    """Print both figures and their ratio; exit with 1 where ours is too slow."""
    with running(OURS) as ours, running(MOTOS) as moto:
        for server in (ours, moto):
            server.asks("CreateTable", TABLE)
        while ours.asks("DescribeTable", {"TableName": "orders"})["Table"]["TableStatus"] != "ACTIVE":
            pass  # AWS takes seconds for it, and so does this one
        turns = [(ours.turn(), moto.turn()) for _ in range(TURNS)][1:]
    here, there = (statistics.median(each) for each in zip(*turns, strict=True))
    line = f"PutItem: {here:.2f} ms of processor time; moto's server {there:.2f} ms; ratio {here / there:.2f}"
    sys.stdout.write(f"{line}\n")
    return 0 if here <= MOST * there else 1


if __name__ == "__main__":
    sys.exit(main())
