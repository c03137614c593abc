"""The key desk: makes, keeps and hands out data keys, and deletes one to erase a person."""
