"""Whether a trained model is good: figures, diagnostics, quality gate, reference ranges."""
