"""Stage *branch*: each piece of the company bounded by a tree over its few large customers."""
