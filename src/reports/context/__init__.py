"""What a notebook works with: its parameters, checked, and the tables of its area and what they are seen against."""

COMPARE = ("previous_year", "previous_period", "2019", "three_year_mean")
