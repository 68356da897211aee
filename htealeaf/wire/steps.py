"""The steps of one event, as the text of an attribute: an offer, code, commands, or several.

| text | means |
|---|---|
| `shared/counter?update=1&o=...` | an offer, below the URL of all stores |
| `/app/api/_store/...?...` | an offer with its whole URL, as `formaction` and `action` have it |
| `js:alert(1)` | code of the author's own |
| `["js:a()","","js:b()"]` | several, in order; "" is the offer in the element's `formaction` |
| `["",["class","#menu",["open"]]]` | a list is a command; see `commands` |
| `[["attribute","","hidden",""],"?&outside"]` | no offer; it says when the others are done |

The shim parses the same (`handle` in `static/htealeaf.js`).

Rule: there is at most one offer. A chain of server steps is one offer; see `offers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from htealeaf.data.documents import Json
from htealeaf.wire import codec
from htealeaf.wire.names import CODE, COMMANDS, WHEN

#: What a browser does by itself: code as text, or a command.
Local: TypeAlias = "str | list[Json]"


class Steps(NamedTuple):
    """What an event does, in order: code and commands, an offer, code and commands.

    Attributes:
        before: What is done first.
        offer: The offer's URL; "" for the one in `formaction` or `action`; None if there is none.
            With `WHEN` in front it is no URL, but the modifiers of the others.
        after: What is done when the server has accepted.
    """

    before: tuple[Local, ...] = ()
    offer: str | None = None
    after: tuple[Local, ...] = ()

    @property
    def local(self) -> tuple[Local, ...]:
        """Return all that needs no server, in order."""
        return self.before + self.after

    @property
    def code(self) -> tuple[str, ...]:
        """Return all the code, in order."""
        return tuple(step for step in self.local if isinstance(step, str))

    def __str__(self) -> str:
        steps = [
            *map(_written, self.before),
            *([] if self.offer is None else [self.offer]),
            *map(_written, self.after),
        ]
        if len(steps) == 1 and isinstance(steps[0], str):
            return steps[0]
        return codec.dumps([*steps])


def _written(step: Local) -> Json:
    return CODE + step if isinstance(step, str) else step


def parse_steps(text: str, own: str | None = None) -> Steps:
    """Return the steps written as *text*.

    Args:
        text: The attribute's value.
        own: The element's `formaction` or `action`, which "" stands for.

    Raises:
        ValueError: It is not what `str(Steps(...))` gives.

    >>> parse_steps('["js:a()","","js:b()"]', "/api/_store/shared/counter?update=1")
    Steps(before=('a()',), offer='/api/_store/shared/counter?update=1', after=('b()',))
    """
    steps = codec.loads(text) if text[:1] == "[" else [text]
    if not all(isinstance(step, str) or _is_command(step) for step in steps):
        raise ValueError(f"no steps of an event: {text[:80]!r}")
    offers = [
        at for at, step in enumerate(steps) if isinstance(step, str) and not step.startswith(CODE)
    ]
    if len(offers) > 1:
        raise ValueError(f"two offers in the steps of one event: {text[:80]!r}")
    if not offers:
        return Steps(before=_local(steps))
    at = offers[0]
    return Steps(_local(steps[:at]), steps[at] or own or "", _local(steps[at + 1 :]))


def _is_command(step: Json) -> bool:
    return isinstance(step, list) and len(step) > 1 and step[0] in COMMANDS


def _local(steps: Iterable[Local]) -> tuple[Local, ...]:
    return tuple(step[len(CODE) :] if isinstance(step, str) else step for step in steps)


def url_and_query(offer: str) -> tuple[str, str]:
    """Return where an offer is sent, and its query; "" for what only says when.

    >>> url_and_query("?&outside")
    ('', '&outside')
    """
    url, _, query = offer.partition(WHEN)
    return url, query
