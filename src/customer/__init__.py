"""Customer: the policies and the ledger of payments."""
