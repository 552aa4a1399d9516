"""What a shell makes of a command."""

import subprocess


def words_of(command):
    """The words that bash hands to a program; `shlex` doesn't know its `$'...'`."""
    said = command.replace("aws ", "printf '%s\\0' ", 1)
    ran = subprocess.run(["bash", "-c", said], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    return ["aws", *ran.stdout.decode().split("\0")[:-1]]
