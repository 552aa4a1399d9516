"""The AWS CLI, started once and asked many times.

Its command is started with a `sitecustomize` of ours on Python's path. That loads the CLI's modules, reads
its descriptions of the services, and then forks once for each question; the child goes on with the CLI's own
script, unmodified. A CLI that brings its own Python does not read `sitecustomize`: it is then started anew
for each question.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

AWS = os.environ.get("PEER_AWS_CLI") or shutil.which("aws")

# A child leaves the loop, and Python then runs the script of the command it was started for.
_SITECUSTOMIZE = """
import json, os, sys
given = set(os.environ)  # the CLI adds to it where its data is
import awscli.clidriver, awscli.customizations.cloudtrail.validation, awscli.handlers, botocore.session

read, create_loader = {}, botocore.session.create_loader

def loader(*arguments):
    made = create_loader(*arguments)
    made._cache = read
    return made

botocore.session.create_loader = loader
for service in ("cloudtrail", "s3"):
    botocore.session.get_session().create_client(
        service, "us-east-1", aws_access_key_id="A", aws_secret_access_key="s"
    )
awscli.clidriver.create_clidriver()

print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        for name in given - set(asked["environment"]):
            del os.environ[name]
        os.environ.update(asked["environment"])
        sys.argv[1:] = asked["arguments"]
        for number, name in enumerate((os.devnull, asked["printed"], asked["printed"])):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
        break
    print(json.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])), flush=True)
else:
    os._exit(0)
"""


class PeerCli:
    """Use it as a context manager, and ask it."""

    def __enter__(self):
        self._folder = Path(tempfile.mkdtemp())
        (self._folder / "sitecustomize.py").write_text(_SITECUSTOMIZE)
        self._process = subprocess.Popen(
            [str(AWS), "--version"],
            env=os.environ | {"PYTHONPATH": str(self._folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._waits = self._process.stdout.readline() == '"ready"\n'
        return self

    def __exit__(self, *_):
        self._process.communicate(timeout=60)
        shutil.rmtree(self._folder)

    def ask(self, *arguments, **more_environment):
        """The exit code of `aws ARGUMENTS`, and what it printed."""
        environment = os.environ | more_environment
        if not self._waits:
            command = [str(AWS), *arguments]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            return done.returncode, done.stdout + done.stderr
        printed = self._folder / "printed"
        printed.unlink(missing_ok=True)
        asked = {"arguments": arguments, "environment": environment, "printed": str(printed)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline()), printed.read_text()
