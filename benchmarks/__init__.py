"""What the speed claims rest on: each against what a user would do otherwise, and against the floor."""
