"""The disclosure gate (R1.10), its permits, and the accounting of what was disclosed (R1.15)."""
