"""The bearer-token authorizer of the public API."""
