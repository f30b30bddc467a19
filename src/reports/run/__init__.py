"""Which reports there are to make, how they run, what proves them whole, and where they are published."""
