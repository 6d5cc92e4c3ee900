"""Supervision: whose sales cannot be chance, which rows say so, and what was done about it."""
