"""Who could be proposed: one generator per source."""
