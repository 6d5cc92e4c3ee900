"""The only way from an offer to an order line: a signed token that is used once, and what the customer confirms."""
