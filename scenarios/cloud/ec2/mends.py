"""A faster way into moto's EC2: the images that only one region has are made once somebody looks for them.

With a region's first EC2 call moto makes 1,300 images, a volume and a snapshot for each: that took longer
than most scenarios. 44 of them are in every region; who launches an instance names one of those, as a rule.
"""

from collections.abc import Collection
from typing import Any

from moto.core.parse import default_timestamp_parser

from scenarios.cloud.kernel.isolation import without_aws_settings
from scenarios.cloud.kernel.moto_mends import Mend

# While it is imported, moto's EC2 opens a boto3 session; a profile of this machine may not exist.
with without_aws_settings():
    from moto.ec2.models import amis, elastic_block_store

_Images = amis.AmiBackend
_Snapshots = elastic_block_store.EBSBackend
_load_all: Any = _Images._load_amis  # noqa: SLF001
_describe: Any = _Images.describe_images
_deregister: Any = _Images.deregister_image
_describe_snapshots: Any = _Snapshots.describe_snapshots
_WHOLE = "_has_its_regions_images"


def _load_common(backend: Any) -> None:
    """Make the images that are in every region."""
    for listed in amis.AMIS:
        image: dict[str, Any] = {**listed, "owner_alias": "amazon"}
        if isinstance(image.get("creation_date"), str):
            image["creation_date"] = default_timestamp_parser(image["creation_date"])
        backend.amis[image["ami_id"]] = amis.Ami(backend, **image)


def _load_others(backend: Any) -> None:
    """Make the other images of the region, once; those that are there stay as they are."""
    if getattr(backend, _WHOLE, False):
        return
    setattr(backend, _WHOLE, True)
    common, amis.AMIS = amis.AMIS, []
    try:
        _load_all(backend)
    finally:
        amis.AMIS = common


def _load_if_unknown(backend: Any, asked: Collection[str], known: Collection[str]) -> None:
    if not asked or any(each not in known for each in asked):
        _load_others(backend)


def _images_described(backend: Any, ami_ids: Any = None, filters: Any = None, **more: Any) -> Any:
    asked = ami_ids or (filters or {}).get("image-id") or ()
    _load_if_unknown(backend, [asked] if isinstance(asked, str) else asked, backend.amis)
    return _describe(backend, ami_ids, filters, **more)


def _deregistered(backend: Any, ami_id: str) -> None:
    _load_if_unknown(backend, [ami_id], backend.amis)
    _deregister(backend, ami_id)


def _snapshots_described(backend: Any, snapshot_ids: Any = None, filters: Any = None) -> Any:
    _load_if_unknown(backend, snapshot_ids or (), backend.snapshots)
    return _describe_snapshots(backend, snapshot_ids, filters)


MENDS: tuple[Mend, ...] = (
    (_Images, "_load_amis", _load_common),
    (_Images, "describe_images", _images_described),
    (_Images, "deregister_image", _deregistered),
    (_Snapshots, "describe_snapshots", _snapshots_described),
)
