"""A text model at work: writing, scores, a look inside."""
