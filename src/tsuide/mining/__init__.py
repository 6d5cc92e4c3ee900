"""What it means: baskets in, relations out. No clock, no SQL, no settings: arrays and a seed."""
