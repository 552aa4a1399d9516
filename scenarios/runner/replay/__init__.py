"""Records of others, through the same handlers."""
