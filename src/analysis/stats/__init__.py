"""Clean tables → small tidy tables of estimates with their intervals: one question, one function, one table."""
