"""Customer's database schema and the function that applies it on deploy."""
