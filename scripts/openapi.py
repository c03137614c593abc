"""Write docs/openapi/<service>.json: the HTTP each service answers, as its code says it.

python -m scripts.openapi
"""

import json
from importlib import import_module
from pathlib import Path

from deploy import topology
from scripts.contracts import as_process

FOLDER = Path(__file__).parent.parent / "docs" / "openapi"


def documents() -> dict[str, str]:
    """One OpenAPI document for each service, by file name."""
    found: dict[str, str] = {}
    for process in topology.processes():
        if process.kind == "web" and process.service:
            with as_process(process):
                app = import_module(f"services.{process.service}.app").create()
            found[f"{process.service}.json"] = json.dumps(app.openapi(), indent=1) + "\n"
    return found


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text)
