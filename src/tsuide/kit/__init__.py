"""The ground: money, time, ids, hashing, arrays, text. Knows nothing of shops."""
