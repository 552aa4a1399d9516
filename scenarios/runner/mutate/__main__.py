"""`python -m scenarios.runner.mutate`. Ctrl-C ends it in one line, also in the seconds while it loads."""

import sys

if __name__ == "__main__":
    try:
        from scenarios.runner.mutate.command import main

        sys.exit(main())
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
