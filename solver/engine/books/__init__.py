"""Stage *books*: bounds and plans from whole books of reps, where capacities are tight."""
