"""S3: who holds an object fast, when the bucket's own rules move or remove it, and which key opens it."""
