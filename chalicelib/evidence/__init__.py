"""What alerts are made of: the call, the sign-in, the log events behind a count."""
