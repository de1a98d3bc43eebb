"""What is compiled: the kernels that parse text, and what they share."""
