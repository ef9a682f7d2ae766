"""From a plan file to a run: prepared, solved, audited, written down, and what every run has."""
