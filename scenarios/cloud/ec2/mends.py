"""A faster way into moto's EC2: images are made once somebody looks for them.

With a region's first EC2 call moto makes 1,300 images, a volume and a snapshot for each: that took longer
than most scenarios. 44 of them are in every region; who launches an instance names one of those, as a rule.

moto asks one of its settings whether to make images; here the answer is no. moto's EC2 itself takes longer to
import than all else, so what watches for questions about images is put there when moto first asks.
"""

# ruff: noqa: PLC0415 - imports of moto's EC2 are late here, for the reason above
from collections.abc import Callable, Collection
from functools import cache, wraps
from typing import Any

from moto import settings

from scenarios.cloud.kernel.moto_mends import Mend

_COMMON, _OTHERS = "_has_common_images", "_has_its_regions_images"  # attributes of a backend


def _none_yet() -> bool:
    _watch_for_questions()
    return False


@cache
def _watch_for_questions() -> None:
    """From now on make the images that a question is about, before it is answered."""
    from moto.ec2.models.amis import AmiBackend
    from moto.ec2.models.elastic_block_store import EBSBackend

    _before(AmiBackend, "describe_images", _for_images)
    for name in ("deregister_image", "describe_image_attribute", "disable_image", "enable_image"):
        _before(AmiBackend, name, _for_image)
    _before(EBSBackend, "describe_snapshots", _for_snapshots)


def _before(owner: Any, name: str, load: Callable[..., None]) -> None:
    answer = getattr(owner, name)

    @wraps(answer)
    def answered(backend: Any, *args: Any, **more: Any) -> Any:
        if settings.ec2_load_default_amis is _none_yet:  # else moto alone has made all of them
            load(backend, *args, **more)
        return answer(backend, *args, **more)

    setattr(owner, name, answered)


def _for_images(backend: Any, ami_ids: Any = None, filters: Any = None, **_: Any) -> None:
    asked = ami_ids or (filters or {}).get("image-id") or ()
    _load(backend, [asked] if isinstance(asked, str) else asked, backend.amis)


def _for_image(backend: Any, ami_id: str, *_: Any, **__: Any) -> None:
    _load(backend, [ami_id], backend.amis)


def _for_snapshots(backend: Any, snapshot_ids: Any = None, filters: Any = None, **_: Any) -> None:
    if (filters or {}).get("owner-id") == [backend.account_id]:
        return  # no image's snapshot is the account's own
    _load(backend, snapshot_ids or (), backend.snapshots)


def _load(backend: Any, asked: Collection[str], known: Collection[str]) -> None:
    """Make the images that are in every region; the others as well, unless all asked for are known."""
    _once(backend, _COMMON, _load_common)
    if not asked or any(each not in known for each in asked):
        _once(backend, _OTHERS, _load_others)


def _once(backend: Any, done: str, load: Callable[[Any], None]) -> None:
    if not getattr(backend, done, False):
        setattr(backend, done, True)
        load(backend)


def _load_common(backend: Any) -> None:
    from moto.ec2.models import amis

    for listed in amis.AMIS:
        image: dict[str, Any] = {**listed, "owner_alias": "amazon"}
        if isinstance(image.get("creation_date"), str):
            image["creation_date"] = amis.parse_timestamp(image["creation_date"])
        backend.amis[image["ami_id"]] = amis.Ami(backend, **image)


def _load_others(backend: Any) -> None:
    from moto.ec2.models import amis

    common, amis.AMIS, settings.ec2_load_default_amis = amis.AMIS, [], lambda: True
    try:
        backend._load_amis()  # noqa: SLF001
    finally:
        amis.AMIS, settings.ec2_load_default_amis = common, _none_yet


MENDS: tuple[Mend, ...] = ((settings, "ec2_load_default_amis", _none_yet),)
