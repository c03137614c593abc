"""Writes docker-compose.yml from the topology: `python -m deploy.compose`.

A test keeps the committed file equal to what this makes. No secret is in it: `containers` writes
those.
"""

from pathlib import Path

from deploy import topology
from deploy.paths import ROOT
from deploy.topology import Process

FILE = ROOT / "docker-compose.yml"
ANYWHERE = "0.0.0.0"  # noqa: S104  inside the containers' own network

HEAD = """\
# Made by `python -m deploy.compose`; change deploy/topology.py or deploy/compose.py instead.
# First `python -m deploy.containers`, which makes the secrets, then `docker compose up --build`.
name: throughline

x-process: &process
  image: throughline
  build: {context: ., dockerfile: deploy/Dockerfile}
  depends_on:
    prepare: {condition: service_completed_successfully}
  read_only: true
  tmpfs: [/tmp, "/run/throughline:uid=10001,mode=0700"]
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  stop_grace_period: 15s
  restart: unless-stopped

services:
  kafka:
    image: apache/kafka:4.3.0
    entrypoint: [bash, -c]
    command:
      - >-
        /opt/kafka/bin/kafka-storage.sh format --ignore-formatted -t $$CLUSTER_ID
        -c /etc/throughline/kafka.properties
        --add-scram "SCRAM-SHA-256=[name=admin,password=$$ADMIN_PASSWORD]" &&
        exec /opt/kafka/bin/kafka-server-start.sh /etc/throughline/kafka.properties
    env_file: .run/containers/kafka.env
    environment: {KAFKA_HEAP_OPTS: -Xmx512m}
    user: "0:0"
    volumes:
      - kafka:/var/lib/kafka/data
      - ./.run/containers/kafka.properties:/etc/throughline/kafka.properties:ro
    healthcheck: {test: [CMD, bash, -c, "exec 3<>/dev/tcp/kafka/9092"], interval: 5s, retries: 24}
    restart: unless-stopped

  mongodb:
    image: mongo:8.0
    entrypoint: [bash, -c]
    command:
      # the server wants a key file that nobody else may read
      - >-
        install -m 400 -o mongodb -g mongodb /etc/throughline/mongodb.key /tmp/mongodb.key &&
        exec docker-entrypoint.sh mongod --bind_ip_all --replSet throughline
        --keyFile /tmp/mongodb.key --setParameter transactionLifetimeLimitSeconds=3
    env_file: .run/containers/mongodb.env
    volumes:
      - mongodb:/data/db
      - ./.run/containers/mongodb.key:/etc/throughline/mongodb.key:ro
    healthcheck:
      {test: [CMD, mongosh, --quiet, --eval, "db.adminCommand('ping')"], interval: 5s, retries: 24}
    restart: unless-stopped

  prepare:
    <<: *process
    command:
      - sh
      - -c
      - python -m deploy.mongodb && python -m deploy.databases && python -m deploy.topics
    env_file: .run/containers/prepare.env
    depends_on:
      kafka: {condition: service_healthy}
      mongodb: {condition: service_healthy}
    restart: "no"
"""

PROCESS = """\

  {name}:
    <<: *process
    command: [{command}]
    env_file: .run/containers/{name}.env
"""

# Seen from this machine alone: a reverse proxy with TLS belongs before them.
DOOR = """\
    ports: ["127.0.0.1:{port}:{port}"]
    healthcheck:
      test:
        - CMD
        - python
        - -c
        - import urllib.request as r; r.urlopen("http://127.0.0.1:{port}/readyz", timeout=3)
      interval: 5s
      retries: 24
"""

FOOT = """\

volumes:
  kafka:
  mongodb:
"""


def _service(process: Process) -> str:
    text = PROCESS.format(name=process.name, command=", ".join(_quoted(process.command)))
    return text + (DOOR.format(port=process.port) if process.port else "")


def _quoted(command: tuple[str, ...]) -> list[str]:
    return [word if word.replace("-", "").isalpha() else f'"{word}"' for word in command]


def text() -> str:
    services = (_service(process) for process in topology.processes(host=ANYWHERE))
    return HEAD + "".join(services) + FOOT


def write(path: Path = FILE) -> None:
    path.write_text(text())


if __name__ == "__main__":
    write()
