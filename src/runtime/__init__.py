"""What every function needs from the platform."""
