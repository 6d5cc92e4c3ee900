"""Journeys to begin with."""
