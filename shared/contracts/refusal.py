"""A rule said no: the shape every service refuses in."""

from typing import ClassVar


class Refused(Exception):
    """A broken rule, named by a stable code; a service's domain errors are subclasses.

    ``final`` refusals are recorded under their cause, so that asking again with the same key gets
    the same answer. Passing ones (held, too early, conflict) may be asked again.
    ``fields`` names what was wrong, by field, never with the value.
    """

    code: ClassVar[str] = "REFUSED"
    final: ClassVar[bool] = True

    def __init__(self, detail: str = "", *, fields: dict[str, str] | None = None) -> None:
        super().__init__(detail or type(self).__doc__ or self.code)
        self.fields = fields or {}
