"""Ready-made surveys."""
