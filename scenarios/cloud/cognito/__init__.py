"""Amazon Cognito's user pools."""
