"""Tsuide (ついで, "while you are at it"): sell the next right thing to a customer who is already there."""

__version__ = "0.1.0"
