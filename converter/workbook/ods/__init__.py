"""Workbooks of LibreOffice and other programs in the OpenDocument format → grids."""
