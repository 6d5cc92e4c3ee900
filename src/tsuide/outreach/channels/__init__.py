"""Channels: what carries a message to a customer. Only the gate's owner (`app.sending`) calls them."""
