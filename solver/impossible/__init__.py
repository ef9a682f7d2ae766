"""A plan that cannot hold, taken apart: members of its conflict, and what could be changed."""
