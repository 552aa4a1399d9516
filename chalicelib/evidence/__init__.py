"""Evidence for alerts: the call, the sign-in, the log events behind a count."""
