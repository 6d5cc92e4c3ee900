"""When, and through whom."""
