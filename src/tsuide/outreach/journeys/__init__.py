"""Journeys: what happens to a customer, step by step, from something that happened to a message, a task or silence."""
