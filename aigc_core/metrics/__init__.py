"""How good samples are, and whether they are new."""
