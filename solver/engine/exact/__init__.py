"""The whole instance as one model: CP-SAT, and the MIP solvers inside OR-Tools."""
