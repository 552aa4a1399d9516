"""IAM: who calls, and what policies let them do."""
