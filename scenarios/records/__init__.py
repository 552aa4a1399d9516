"""CloudTrail records as people have them: files, folders, archives, buckets, exports, wrappings.

`read` takes everything, one whole record after the other. `sift` is for many: records that no pattern asks
for are counted and never become more than a few fields.
"""
