"""Workbooks of Excel 2003 and before → grids."""
