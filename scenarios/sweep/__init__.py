"""Many scenarios solved side by side, here or on a cluster."""
