"""What to propose, and what never: one pure decision."""
