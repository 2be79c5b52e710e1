"""Why a command ends without having done what it was asked for."""


class Failed(Exception):
    """Something that is to be expected now and then; the message says what to do about it."""
