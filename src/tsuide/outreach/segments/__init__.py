"""Segments: named sets of customers, each the set of those for whom a condition holds now."""
