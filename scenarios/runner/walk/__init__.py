"""The walk over fault points: one fault at every call and every delivery of a scenario, one at a time.

`course` plays a scenario and keeps what happened, `points` says where a fault can strike and which points
cannot differ from another, `snapshots` goes on from there with the fault, `invariants` say what must hold,
`walk` does all of it for a scenario.
"""
