"""The run of `make compare`: the same month of premiums through every variant on a local cloud."""
