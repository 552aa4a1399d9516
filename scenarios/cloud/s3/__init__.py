"""S3: buckets, objects, encryption, Object Lock, lifecycle, restores, and their events."""
