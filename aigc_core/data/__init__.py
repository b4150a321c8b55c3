"""From a source's name to examples that a loop can take: sources -> cleaning -> split -> tensors."""
