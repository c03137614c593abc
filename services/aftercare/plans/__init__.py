"""The plan: goals, dated activities and tasks, unfolded from a template at discharge."""
