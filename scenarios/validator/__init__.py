"""The validator behind `trailwarden validate-trail`: a trail of any length, verified with its digests.

The rules are those of `chalicelib.trail.integrity`; what is here feeds them day by day, so that a year of a
busy trail takes no more memory than a day does, and many objects are read at once. Reads only; never imports
the simulated AWS.

Modules, in reading order:

| module | holds | |---|---| | source | what objects are read from: `Source`, `CouldNotRead` | | bucket | a
bucket on S3 | | signed_get | GetObject with less work around it than a boto3 client does, for tens of
thousands of small files | | cold | what S3 keeps in archives, and how it is restored | | archive | the same
trail copied to a folder | | places | what is asked: `Question`, and the account, region and bucket each chain
is looked for in | | account | what AWS says of a trail: its bucket, its regions, whether it logs, its public
keys | | stretches | the judgement, a stretch of digests at a time: values in, findings out | | reading | one
day of one place, read ahead | | stops | the calls that end a trail's digests, among CloudTrail's records | |
gaps | who made a gap | | survivors | what versions are left of what was deleted or overwritten, and whether
they are authentic | | explain | both, beside a finding | | run | all of it at once, with threads | | tally |
what a run comes to | | report | text and JSON, and progress on a terminal |
"""
