"""CloudFormation: a template, provisioned on the simulated AWS."""
