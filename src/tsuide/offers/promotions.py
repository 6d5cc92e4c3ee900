"""What promotions make of a basket, to the minor unit: benefits in a fixed order, never below the floor."""
