"""The simulated AWS: moto keeps the state; laws, one small module each, add how AWS behaves."""
