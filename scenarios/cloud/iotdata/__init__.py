"""AWS IoT's data plane: messages that are published over HTTP."""
