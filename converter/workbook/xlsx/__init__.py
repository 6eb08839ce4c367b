"""OOXML workbooks → grids."""
