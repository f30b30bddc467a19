"""Cells, dates, places and what follows from them: what a delivered record means."""
