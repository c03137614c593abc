"""What a client allows: drafted by staff, signed on a page, ended by any door (R1.3-R1.7)."""
