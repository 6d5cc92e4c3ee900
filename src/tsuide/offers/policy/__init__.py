"""What never to propose: one rule per file, fused into one kernel."""
