"""Cards and code lists → a form definition."""
