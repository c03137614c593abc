"""Early warning that explains itself: points, reasons in plain words, and a level (R3.5–R3.7)."""
