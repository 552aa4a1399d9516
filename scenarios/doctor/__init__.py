"""`trailwarden doctor`: what the stack promises, held against the deployed account.

`stack_reader` and `trail_reader` gather facts by boto3 (facts.py: frozen records); `stack_checks` and
`trail_checks` make findings of them, and ask nobody. What could not be asked is a finding too: never "well".
"""
