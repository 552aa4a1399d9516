"""How a template whose code lies on this machine names it, as if it were in S3."""

PACKAGED = "packaged"  # the bucket that stands for what lies on this machine
BUILT = ";built"  # ends the key of a layer whose modules lie in the folder itself
