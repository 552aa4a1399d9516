"""What a call becomes in CloudTrail."""
