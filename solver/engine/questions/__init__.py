"""Questions only a solver can answer: what is in conflict, what repairs it, what a forced option costs."""
