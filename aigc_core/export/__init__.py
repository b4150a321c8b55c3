"""Models for other people and programs: bundle, Hub, transformers, TensorBoard."""
