"""The simulated AWS as an HTTP endpoint for any client: `trailwarden serve`."""
