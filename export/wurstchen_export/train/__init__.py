"""Training of the three stages with the method of the Würstchen paper."""
