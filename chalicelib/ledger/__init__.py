"""The one DynamoDB table: the only code that touches it."""
