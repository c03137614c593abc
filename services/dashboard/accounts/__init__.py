"""Who works here, who is signed in, and whose client is whose."""
