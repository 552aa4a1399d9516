"""What backends ask of the connections of WebSocket APIs."""
