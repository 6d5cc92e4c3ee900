"""Who is moved by an offer, and who is put off: learners, their test, and the groups they make."""
