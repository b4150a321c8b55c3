"""Network blocks that several families use."""
