"""Check-ins: asked on time, answered on a one-time link, missed with a ladder behind (R3.3)."""
