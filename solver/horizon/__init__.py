"""Several periods as one instance."""
