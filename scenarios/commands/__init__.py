"""The commands of `trailwarden`, one module each: what is asked, what is done, how it is shown."""
