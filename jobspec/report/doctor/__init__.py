"""What the doctor found: the view and its text."""
