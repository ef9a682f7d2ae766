"""How well a rep suits a customer, 0 to 1: declared in the plan, or learned from history."""
