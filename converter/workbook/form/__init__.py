"""Grids → the form's sheets: matching, headings, answers."""
