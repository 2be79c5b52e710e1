"""What crosses a service border: the public API's types and the events, and nothing else."""
