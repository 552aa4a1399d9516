"""The packaged templates as a rehearsal takes them, kept on disk from process to process.

They come from the sources alone. Chalice and the SAM transform are loaded only where they must be made:
together that takes about as long as a scenario.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from scenarios.cloud.kernel import garbage, kept_on_disk

STAGE = "prod"


@lru_cache(maxsize=8)
def packaged_template(region: str) -> str:
    """What CloudFormation makes of the packaged template in a region, as JSON."""
    return _kept(f"the packaged template of {STAGE} in {region}", lambda: _translated(region))


@lru_cache(maxsize=1)
def packaged_spoke() -> str:
    """The template of the forwarding region, as JSON."""
    return _kept("the packaged spoke", _spoke)


def _kept(asked: str, make: Callable[[], Mapping[str, Any]]) -> str:
    known = kept_on_disk.read(asked)
    if known is not None:
        return known.decode()
    with garbage.is_off():
        made = json.dumps(make())
    kept_on_disk.write(asked, made.encode())
    return made


def _translated(region: str) -> Mapping[str, Any]:
    from scenarios.cloud.cloudformation.transform import translate  # noqa: PLC0415 - see above
    from scenarios.packaging.sam import sam_template  # noqa: PLC0415

    return translate(sam_template(STAGE), region=region)


def _spoke() -> Mapping[str, Any]:
    from scenarios.packaging.sam import application  # noqa: PLC0415 - see above

    return application().spoke()
