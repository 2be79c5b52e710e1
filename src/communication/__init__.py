"""Communication: the e-mail that confirms a payment to the customer."""
