"""A payment request from acceptance to completion: identity, steps, status, outbox, sweep."""
