"""The local cloud and the programs that run the patterns on it."""
