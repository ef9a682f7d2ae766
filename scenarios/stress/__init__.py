"""What becomes of a plan when amounts turn out otherwise."""
