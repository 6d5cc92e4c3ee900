"""What happened: the records at the waist of the house, as frozen records (one) and frame schemas (many).

Conventions, once for every record and frame:

- ids from outside are strings;
- money is int64 in minor units, with the currency beside it; margins are ex tax;
- a moment is a UTC `datetime` on a record and `Datetime("us", "UTC")` in a frame;
- rates (tax, discount) are integers in basis points: 1000 = 10 %;
- `None` means "not known", never zero.
"""
