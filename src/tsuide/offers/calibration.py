"""Calibration: probabilities that mean what they say, and the table that shows whether they do."""
