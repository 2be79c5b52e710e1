"""Errors that are the platform's, not the business's."""


class Unavailable(Exception):
    """A dependency did not answer. Whether the work was done is unknown; repeating it is safe."""
