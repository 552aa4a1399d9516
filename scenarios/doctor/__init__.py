"""`trailwarden doctor`: what the stack promises, held against the deployed account.

`stack_reader` and `trail_reader` gather facts by boto3 (facts.py: frozen records); `stack_checks` and
`trail_checks` turn them into findings, without any call. A fact that could not be read is a finding too:
never "well".
"""
