"""Simulated shops whose truth is known: a wind tunnel for the engine and for every estimator."""
