"""Templates and zip for AWS."""
