"""Becomes one process of the platform: `python -m deploy.launch FILE`.

The file holds command and environment, and only its owner may read it, so that no secret stands
on a command line. The process ends when the process manager does, even when that is killed.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text())
    end_with_parent()
    os.execvpe(told["command"][0], told["command"], told["environment"])  # noqa: S606
