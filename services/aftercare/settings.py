"""What a process of aftercare is told: nothing beyond the common environment."""

from shared.config import Settings

__all__ = ["Settings"]
