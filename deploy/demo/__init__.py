"""One person's whole story against the running platform: ``make demo``."""

from deploy.demo.story import main

__all__ = ["main"]
