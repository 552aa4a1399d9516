"""What tests Trailwarden and is never deployed: incidents, and the simulated AWS they run on."""
