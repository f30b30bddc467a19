"""What a page says: estimates → the sentences of its opening, its findings and its answers, in two languages."""
