"""A class on one machine: who is who, how people come in, what each may use, what is cleared away."""
