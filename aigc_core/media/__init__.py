"""What is made, as files: provenance marks, labels, films."""
