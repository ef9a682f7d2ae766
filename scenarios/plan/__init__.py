"""The plan file: what it may say, what changes in it, and the mistakes in it."""
