"""A served world in a process of its own, and clients of it."""

import json
import os
import re
import signal
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config

from tests.processes import COMMAND, Process, begun
from tests.sample import ALL

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=30)


@dataclass
class Endpoint:
    """Where it is served. `said`: what it printed until it was ready."""

    url: str
    said: str
    process: Process

    def client(self, service, *, key="ann", secret="any", token=None, region="us-east-1", config=ONCE):
        session = boto3.Session(
            aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token, region_name=region
        )
        return session.client(service, endpoint_url=self.url, config=config)

    def get(self, path, **headers):
        return self._asked(path, None, headers)[1]

    def post(self, path, body=None, **headers):
        """Status and what was told."""
        return self._asked(path, json.dumps(body or {}).encode(), headers)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    def processor_seconds(self):
        """Fields 14 and 15 of `man 5 proc_pid_stat`."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _asked(self, path, data, headers):
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


@contextmanager
def served(*options, fresh=ALL):
    """Serve in another process until the test is over; `fresh`: see `tests/processes.py`."""
    process = begun(COMMAND, "serve", "--port", "0", *options, fresh=fresh)
    try:
        said: list[str] = []
        assert process.stderr is not None
        while "Signatures are" not in "".join(said):
            line = process.stderr.readline()
            assert line, "".join(said)
            said.append(line)
        found = re.search(r"served at (http://[\w.:]+\d)", "".join(said))
        assert found is not None
        yield Endpoint(found[1], "".join(said), process)
    except BaseException:
        process.kill()
        # Why a request failed is on the console alone, and nobody else reads that.
        sys.stderr.write(process.communicate()[1])
        raise
    finally:
        process.kill()
        process.communicate()
