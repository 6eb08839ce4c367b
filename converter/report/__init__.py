"""What people and programs read: a listing, JSON, a page, an annotated copy."""
