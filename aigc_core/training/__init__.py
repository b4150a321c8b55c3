"""The trainer and what it is made of: optimizers, compiled networks, small fits."""
