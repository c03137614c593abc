"""What the topics have told us, kept in the shape the pages need; nothing here is the truth."""
