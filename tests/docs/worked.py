"""A page's worked example, put together from its own blocks in a copy of the project.

Which file a block belongs to stands above it: see `snippets.put_together`.
"""

from scenarios.packaging.start import beginning, put
from tests.docs.snippets import put_together
from tests.project import copied
from tests.sample import in_turn

# Each takes many seconds, since it is rehearsed in processes of its own.
TODAYS = in_turn(("docs/writing-a-remediation.md", "docs/config-rules.md"), of=2)


def worked(folder, page, text, name, on):
    """A project in this folder whose `trailwarden new` is done, its examples replaced by the page's."""
    made = copied(folder)
    put(made, beginning(made, name, on))
    for path, written in put_together(page, text).items():
        (made / path).write_text(written)
    return made
