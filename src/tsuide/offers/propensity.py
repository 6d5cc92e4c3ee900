"""Propensity from outcomes: how likely an offer is accepted, learned from what was shown and what came of it."""
