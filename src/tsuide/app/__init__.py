"""The composition root and the long jobs."""
