"""Surveys: what a shop asks its customers, and what becomes of the answers."""
