"""One module for each remediation: what happened, what we do, what we leave alone."""
