"""What the console says, in Japanese and English: a table for its frame, and one for each page."""
