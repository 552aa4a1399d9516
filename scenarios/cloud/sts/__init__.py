"""STS: sessions, and GetCallerIdentity."""
