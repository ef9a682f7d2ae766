"""From a first plan to better ones."""
