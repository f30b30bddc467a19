"""What offices deliver becomes clean tables, with a ledger that accounts for every line."""
