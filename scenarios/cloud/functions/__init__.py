"""Lambda: handlers run as Lambda runs them."""
