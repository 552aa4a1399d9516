"""Log files and digests in S3."""
