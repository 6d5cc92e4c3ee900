"""The doors: thin, each on its own."""
