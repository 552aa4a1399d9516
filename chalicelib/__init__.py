"""What is deployed: handlers, remediations and the engines they stand on."""
