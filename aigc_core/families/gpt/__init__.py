"""GPT-2-style language models."""
