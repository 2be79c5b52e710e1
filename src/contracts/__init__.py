"""What crosses a service border: the public API's types and the events. Nothing else is shared by services."""
