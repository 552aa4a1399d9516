"""Change the packaged template, one leaf at a time, and see whether a scenario notices.

A leaf that no scenario notices is not protected: it could break before a deploy, and people would learn of it
in the incident. Every survivor must be on the short list of excuses.py with its reason, or the run fails.

    python -m scenarios.runner.mutate [--only TEXT ...] [--jobs N] [--minutes N] [--sample N] [--seed N]

First every scenario runs on the templates as they are, and what it touches is recorded (touches.py). A mutant
then meets the scenarios that touch what it changes, likeliest first, until one notices; those that touch
nothing of it can't notice, and are left out. A sample of the survivors, drawn from the seed, meets every
scenario all the same: one that is noticed there fails the run, for then the record was wrong.
"""
