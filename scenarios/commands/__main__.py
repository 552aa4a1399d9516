"""Where `trailwarden` begins. Ctrl-C ends it in one line, also in the moment while it loads."""

import sys


def main() -> None:
    """Load the command, and run it."""
    try:
        from scenarios.commands import cli  # noqa: PLC0415 - Ctrl-C may come while it loads

        cli.main(prog_name="trailwarden")
    except KeyboardInterrupt:
        sys.stderr.write("trailwarden: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
