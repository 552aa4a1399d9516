"""AWS's managed rules: each a small pure function, of an item or of what the account's APIs answer.

What triggers a rule, its types of resources and its parameters are AWS's list, as moto has it. A rule that
has no function here is NotSimulated. The list of all pages:
https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
"""
