"""From an `Instance` to a proven plan. The only place that knows OR-Tools."""
