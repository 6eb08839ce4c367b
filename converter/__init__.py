"""Spreadsheet-driven collection of basic-level trade union reports."""

__version__ = "0.2.0"
