"""AWS IoT Core: rules on what devices publish."""
