"""Code that every service uses; it knows no service."""
