"""Which questions are asked: plans, data sources, scenarios, runs and the store that keeps them."""
