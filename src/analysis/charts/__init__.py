"""Tidy table → matplotlib Axes with alt text, caption and sentence; no arithmetic, no reading, no saving."""
