"""What proves Trailwarden and is never deployed: incidents told in time, and the simulated AWS."""
