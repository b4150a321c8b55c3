"""Small experiments that teach: basics, common mistakes, use cases, the playground."""
