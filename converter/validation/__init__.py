"""Submissions → issues, and what can be fixed with certainty."""
