"""What the guide says of each simulated service, written from the services' manifests.

Run as a module, it writes the table in `docs/simulated-aws.md` anew.
"""

from collections.abc import Iterable
from pathlib import Path

from scenarios.cloud.service import Service
from scenarios.cloud.services import SERVICES
from scenarios.packaging.documents import renewed

PAGE = Path(__file__).parents[2] / "docs" / "simulated-aws.md"


def services_table(services: Iterable[Service]) -> str:
    """A row for each service that says what is simulated of it."""
    rows = sorted((each.name, each.simulated, each.missing) for each in services if each.simulated)
    lines = ["| service | does | does not |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| `{name}` | {does} | {lacks} |" for name, does, lacks in rows), ""])


def page(text: str) -> str:
    """The page with its table as it must be."""
    return renewed(text, {"services": services_table(SERVICES)}, PAGE.name)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
