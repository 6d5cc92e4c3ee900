"""Offline evaluation: time split, parameters chosen on validation only, baselines in the same table."""
