"""The header, the tables and the class of each line of a delivered sheet."""
