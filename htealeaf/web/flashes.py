"""Flash messages: what a person is told once, on the next page that shows such messages.

    flash("Saved")                    # in an action function or a route
    div(flashes())                    # in a page, or in its layout

They are kept beside the session until a page has shown them, so they survive a redirect and a
change of the browser key. The page that shows them goes on doing so, until the browser loads a page
or an action function is called.

Rule: they are the one thing of a session that a page load takes away. A page that is loaded ahead
(`Sec-Purpose: prefetch`) takes nothing.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from htealeaf.components.badge import Kind
from htealeaf.components.toast import toast, toasts
from htealeaf.errors import OutsideRequest
from htealeaf.html.elements import Element
from htealeaf.reactive.scope import current
from htealeaf.state.reactions import fragment
from htealeaf.web.session import Session


def flash(text: str, kind: Kind = "info") -> None:
    """Tell the person *text* once: on this page, if it shows `flashes()`, else on the next one.

    Args:
        text: A sentence.
        kind: `info`, `success`, `warning` or `error`.

    Raises:
        OutsideRequest: There is no visitor here.
    """
    _session().flash(text, kind)


@fragment
def flashes() -> Element:
    """Return the place where flash messages are shown, and read out as they come."""
    return toasts([toast(one.text, kind=_kind(one.kind)) for one in _session().flashes()])


def _kind(kind: str) -> Kind:
    found: Any = kind if kind in get_args(Kind) else "info"
    return cast(Kind, found)


def _session() -> Session:
    scope = current()
    session: Any = scope.session if scope is not None else None
    if session is None:
        raise OutsideRequest("a flash message is for the visitor of a request, and there is none")
    found: Session = session
    return found
