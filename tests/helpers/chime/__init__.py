"""A family that exists in the tests alone: two numbers and a sound. What the house needs to know of it is here."""
