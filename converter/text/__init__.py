"""Characters: values of cells as text, what people see, what is hidden from them."""
