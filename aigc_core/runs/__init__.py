"""A run's directory: settings, status, events, samples, checkpoints, and the queue of those that wait."""
