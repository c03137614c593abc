"""The description of the deployment fits the code that it deploys."""

import importlib.util

import pytest

from deploy import topology
from scripts.contracts import handlers
from shared.consume import topics_of


@pytest.mark.parametrize("service", topology.SERVICES)
def test_a_listener_may_read_every_topic_that_it_handles(service: str) -> None:
    allowed = {topology.topic(publisher) for publisher in topology.LISTENS[service]}
    assert set(topics_of(handlers()[service])) <= allowed


def _modules() -> set[str]:
    found = set()
    for process in topology.processes():
        words = process.command
        if words[0] == "python":
            found.add(words[words.index("-m") + 1])
        elif words[0] == "uvicorn":
            found.add(words[1].partition(":")[0])
        else:
            found.add(words[words.index("-A") + 1])
    return found


@pytest.mark.parametrize("module", sorted(_modules()))
def test_every_command_names_code_that_exists(module: str) -> None:
    assert importlib.util.find_spec(module)
