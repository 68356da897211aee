"""Health: `GET /_htealeaf/health`, for what asks whether a worker may be sent people.

200 while the journal answers and the worker keeps up with it; 503 when it does not, is more than
`LATE` seconds behind, or the worker was told to stop. The body says why.

Rule: whoever asks is nobody: no cookie is read or set, and no session. Nothing is told that
would not stand in a page's source.

Source: "Health Check Response Format for HTTP APIs", draft-inadarei-api-health-check-06.
"""

from __future__ import annotations

from typing import Final

from htealeaf.data.documents import Json
from htealeaf.endpoints.problems import WrongMethod
from htealeaf.endpoints.site import Site
from htealeaf.errors import HtealeafError
from htealeaf.web.answer import Answer
from htealeaf.web.headers import NO_STORE
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import dumps
from htealeaf.wire.names import ASSETS_URL

HEALTH_URL: Final = f"{ASSETS_URL}/health"
LATE: Final = 10.0  #: seconds that a worker may be behind
_TYPE = "application/health+json"


def health(request: Request, visitor: Visitor, site: Site) -> Answer:
    """Return how the worker is doing; see the module.

    Raises:
        WrongMethod: It is neither GET nor HEAD.
    """
    if request.method not in ("GET", "HEAD"):
        raise WrongMethod(request.method, "GET", "HEAD")
    why, journal = _journal(site)
    if site.pages.live.stopped:
        why = "this worker was told to stop"
    body: dict[str, Json] = {
        "status": "fail" if why else "pass",
        "version": site.version,
        "releaseId": site.build(),
        **({"output": why} if why else {}),
        "checks": {"journal:lag": [journal]},
    }
    headers = [("Content-Type", _TYPE), NO_STORE]
    return Answer(503 if why else 200, headers, dumps(body).encode())


def _journal(site: Site) -> tuple[str, dict[str, Json]]:
    # What is wrong with it, and its check.
    check: dict[str, Json] = {
        "componentId": site.registry.journal.kind,
        "componentType": "datastore",
        "observedUnit": "entries",
    }
    try:
        look = site.lag.look()
    except HtealeafError:
        return "the journal does not answer", check | {"status": "fail"}
    if not look.reached:
        return "the journal does not answer", check | {"status": "fail"}
    check["observedValue"] = look.entries
    if look.seconds > LATE:
        return f"this worker is {look.seconds:.0f} s behind the journal", check | {"status": "fail"}
    return "", check | {"status": "pass"}
