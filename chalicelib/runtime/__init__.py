"""The runtime: how every event is handled, from the payload to the alert."""
