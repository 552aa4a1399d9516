"""IAM: users, groups, roles and policies."""
