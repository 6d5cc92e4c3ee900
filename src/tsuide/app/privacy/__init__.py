"""What a person may ask of whoever keeps their data: everything in one archive, erasing with proof, a record of it."""
