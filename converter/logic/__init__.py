"""Whether conditions can hold together: formulas over facts, choices and whole numbers, and a
search that decides them."""
