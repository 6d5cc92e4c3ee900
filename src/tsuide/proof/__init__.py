"""Did it work: measured against silence."""
