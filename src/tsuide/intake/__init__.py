"""Everything that comes in becomes facts; what cannot is rejected with its reason."""
