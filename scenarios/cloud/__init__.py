"""The simulated AWS: moto keeps the state, one small module for each law adds the physics."""
