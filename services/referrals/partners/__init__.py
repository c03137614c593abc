"""Partner organizations: who they are, the keys they sign with, where their notices go."""
