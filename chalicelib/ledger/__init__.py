"""The ledger: one DynamoDB table, and the only code that touches it.

Every kind of item, with its partition key (`pk`) and its sort key (`sk`):

claim#REMEDIATION, event#HASH
    Who handles an event now, or that it was handled. Written by `claims`; expires after 15 days, which is
    longer than any redrive.
finding#REMEDIATION, TIME#HASH
    A `LedgerEntry`: an event's plan, which calls were made and alerts sent, and how to undo them. Written by
    `ledger`; expires 400 days after the event.
sighting#REMEDIATION#SUBJECT, TIME#ID
    One thing that counts only with others, such as a failed login. Written by `ledger`; the remediation says
    when it expires.
quiet#REMEDIATION, SUBJECT
    The right to send an alert about a subject: which event took it, and `until` when. A minute, so long as
    it isn't sent; then as long as the alert says. Written by `ledger`; expires then.
flood#REMEDIATION, HASH
    How many alerts of one subject there were, how many of them the last one sent has told of, and the titles
    of some that were not sent. Written by `floods`; expires 30 days after the last of them.
acts#REMEDIATION, NUMBER
    One of the hour's places to act: which entry took it, and `until` when. Written by `ledger`; expires then.
state#REMEDIATION, good; and beside it, recorded
    The last state that a remediation holds to be good, for restoring it; and that there is one, so that it
    can't vanish unnoticed. Written by `ledger`; both expire 400 days after it was seen.
anchor#TRAIL, ACCOUNT#REGION#HASH
    The newest verified digest of a chain. Written by `anchors`; expires 400 days after the last look.
request, ID
    A full validation that somebody asks for: its span and its regions. Written by `validations` for the HTTP
    side, without a seal; expires 400 days after it was asked for.
instruction#REMEDIATION, TIME#HASH#ID
    What a person asks about a finding: approve, refuse or undo. Written by `instructions` for the HTTP side,
    with a MAC that only the HTTP side makes; expires 400 days after it was asked for.
validation, ID
    The same, planned: its chains and parts. Written by `validations`; expires 400 days after it was asked
    for.
validation#ID, CHAIN#SINCE#SLICE
    What one slice of a part came to. Written by `validations`; expires after 400 days.
heartbeat#heartbeat, last
    The newest heartbeat. Written by `ledger` each minute over the one before; expires a day after it.

Each item is sealed by the function that writes it, but where it says otherwise; `chalicelib.seal` says what
that is worth. Each function may reach only the partitions that are its own (`grants`).

TIME is text in UTC whose order is the order of time. DynamoDB may keep an item for days after it expired, so
every read that depends on it compares times itself.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""
