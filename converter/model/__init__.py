"""Frozen data that flows between all rooms. Imports nothing of ours."""
