"""Data Firehose, as one value."""

from scenarios.cloud.firehose.permissions import PERMISSIONS
from scenarios.cloud.firehose.recorded import RECORDED
from scenarios.cloud.firehose.resources import KINDS
from scenarios.cloud.service import Service

SERVICE = Service(name="firehose", permissions=PERMISSIONS, recorded=(RECORDED,), kinds=KINDS)
