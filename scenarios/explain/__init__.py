"""Questions put to a plan: why, what instead, what one more is worth, and what is in conflict."""
