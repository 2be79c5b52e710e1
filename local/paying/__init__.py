"""The client that pays a file of premiums, and what must come of it."""
