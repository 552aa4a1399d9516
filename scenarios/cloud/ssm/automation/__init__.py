"""Systems Manager Automation: runbooks and their executions."""
