"""Real servers for the whole run: started when the first test asks, stopped at the end always."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy import embedded, environment, keys, topology
from deploy.embedded import KafkaBroker, MongoServer
from deploy.environment import Deployment

pytest_plugins = ["tests.browser.fixture"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long story begins first; files with browser tests go last: once it has started,
    Playwright's loop owns the thread."""
    in_browser = {item.path for item in items if "browser" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path in in_browser, item.path.name != "test_story.py"))


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="session")
def secrets(run_dir: Path) -> keys.Keys:
    return keys.load(run_dir)


@pytest.fixture(scope="session")
def mongo(run_dir: Path, secrets: keys.Keys) -> Iterator[MongoServer]:
    """MongoDB with every user, role, collection and index; `mongo.url(user)` connects."""
    with embedded.mongo_server(run_dir, secrets) as server:
        yield server


@pytest.fixture(scope="session")
def kafka(run_dir: Path, secrets: keys.Keys) -> Iterator[KafkaBroker]:
    """Kafka with every user, topic and access rule; `kafka.passwords[user]` connects."""
    with embedded.kafka_broker(run_dir, secrets) as broker:
        yield broker


@pytest.fixture
def clean_mongo(mongo: MongoServer) -> MongoServer:
    """The same server with every collection emptied."""
    with mongo.admin() as admin:
        for service in topology.SERVICES:
            for name in admin[service].list_collection_names():
                if admin[service][name].find_one({}, {"_id": 1}):
                    admin[service][name].delete_many({})
    return mongo


@pytest.fixture(scope="session")
def deployment(run_dir: Path, secrets: keys.Keys, mongo: MongoServer) -> Deployment:
    """The platform as tests see it, without Kafka; ports of the services are free ones."""
    names = list(topology.PORTS)
    ports = dict(zip(names, embedded.free_ports(len(names)), strict=True))
    return Deployment(run_dir, secrets, "", mongo.url, ports)


@pytest.fixture(scope="session")
def deployment_with_kafka(deployment: Deployment, kafka: KafkaBroker) -> Deployment:
    return Deployment(
        deployment.run_dir, deployment.keys, kafka.bootstrap, deployment.mongo_url, deployment.ports
    )


@pytest.fixture(scope="session")
def environment_of(deployment: Deployment) -> Callable[[str], dict[str, str]]:
    """`environment_of("intake-web")`: what that process would be told."""
    known = {process.name: process for process in topology.processes(deployment.ports)}
    return lambda name: environment.of(known[name], deployment)
