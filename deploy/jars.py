"""Fetches Apache Kafka as Maven artifacts and accepts only the bytes we know.

Run as `python -m deploy.jars`; does nothing when everything is there.
"""

import hashlib
import shutil
from pathlib import Path

import jgo

from deploy.paths import KAFKA_JARS

COORDINATES = "org.apache.kafka:kafka_2.13:4.3.0+org.slf4j:slf4j-simple:1.7.36"
KNOWN = Path(__file__).with_name("kafka-jars.sha256")


class WrongJars(Exception):
    """The registry gave other files than the ones in kafka-jars.sha256."""


def known() -> dict[str, str]:
    """File name → SHA-256."""
    lines = (line.split() for line in KNOWN.read_text().splitlines())
    return {name: digest for digest, name in lines}


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def complete() -> bool:
    return all(
        (KAFKA_JARS / name).is_file() and digest(KAFKA_JARS / name) == expected
        for name, expected in known().items()
    )


def fetch() -> None:
    expected = known()
    found = [path for artifact in jgo.resolve(COORDINATES) if (path := artifact.resolve())]
    wrong = {path.name for path in found if digest(path) != expected.get(path.name)}
    wrong |= expected.keys() - {path.name for path in found}
    if wrong:
        raise WrongJars(", ".join(sorted(wrong)))
    KAFKA_JARS.mkdir(parents=True, exist_ok=True)
    for path in found:
        shutil.copyfile(path, KAFKA_JARS / path.name)


if __name__ == "__main__":
    if not complete():
        fetch()
