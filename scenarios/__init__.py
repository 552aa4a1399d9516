"""Never deployed: incidents that test Trailwarden, the simulated AWS they run on, and the command line."""
