"""SQS: queues, and the door to them."""
