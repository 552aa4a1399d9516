"""Commands for people on call: the API of a deployed stack, or one's own rights. Never the simulated AWS."""
