"""Where things of this checkout are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / ".run"
KAFKA_JARS = ROOT / ".tools" / "kafka"
