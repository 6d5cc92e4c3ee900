"""The sales team's side: whom to call, with what, and why."""
