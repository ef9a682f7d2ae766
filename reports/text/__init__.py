"""What is printed: one file a command."""
