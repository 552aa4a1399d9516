"""Amazon MSK: clusters of Apache Kafka, their topics and records."""
