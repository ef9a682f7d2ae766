"""What changed since a run was made, and whether planning anew is worth its disruption."""
