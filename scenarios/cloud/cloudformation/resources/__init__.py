"""What the types of resources that CloudFormation creates are made of."""
