"""Settings from the environment, read once at start; a process that lacks one does not start."""

import base64
import json
import os
from typing import Annotated, Any, Self, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _secret_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError("expected base64 text")
    return base64.b64decode(value, validate=True)


Secret = Annotated[bytes, BeforeValidator(_secret_bytes)]


class FromEnvironment(BaseModel):
    """Fields are read from variables of their names in capitals; lists and mappings as JSON.

    Does what pydantic-settings would, in twelve lines instead of 4 MB for each process.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def read(cls, **given: Any) -> Self:
        """The settings as the environment tells them; what is ``given`` goes before."""
        told = {
            name: _value(os.environ[name.upper()], field.annotation)
            for name, field in cls.model_fields.items()
            if name.upper() in os.environ
        }
        return cls(**{**told, **given})


def _value(text: str, annotation: Any) -> Any:
    return json.loads(text) if get_origin(annotation) in (dict, list, tuple) else text


class Process(FromEnvironment):
    """What every process is told; the relay no more than this. Secrets have no defaults."""

    service: str
    process: str
    mongo_url: str
    mongo_database: str
    kafka_bootstrap: str = ""
    kafka_user: str = ""
    kafka_password: str = ""
    kafka_tls: bool = False
    run_dir: str = ".run"

    def __repr__(self) -> str:
        """No secret in a traceback or a failed assertion."""
        return f"{type(self).__name__}({self.process})"

    __str__ = __repr__


class Settings(Process):
    """What every web process, listener and due process of a service is told besides."""

    signing_key: Secret
    public_keys: dict[str, Secret]
    wrap_key: Secret
    digest_key: Secret
    link_keys: dict[str, Secret]
    intake_url: str
    aftercare_url: str
    referrals_url: str
    notifications_url: str
    dashboard_url: str
    public_urls: dict[str, str]
    center_name: str
    center_phone: str
    center_zone: str = "America/New_York"

    def url_of(self, service: str) -> str:
        """Where another service answers inside the house."""
        return str(getattr(self, f"{service}_url"))
