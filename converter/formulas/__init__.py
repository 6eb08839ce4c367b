"""Building blocks of spreadsheet formulas."""
