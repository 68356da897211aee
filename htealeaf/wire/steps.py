"""The steps of one event, as the text of an attribute: an offer, code, or several of them.

| text | means |
|---|---|
| `shared/counter?update=1&o=...` | an offer, below the URL of all stores |
| `/app/api/_store/...?...` | an offer with its whole URL, as `formaction` and `action` have it |
| `js:alert(1)` | code of the author's own |
| `["js:a()","","js:b()"]` | several, in order; "" is the offer in the element's `formaction` |

The shim parses the same (`handle` in `static/htealeaf.js`).

Rule: there is at most one offer. A chain of server steps is one offer; see `offers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from htealeaf.wire import codec
from htealeaf.wire.names import CODE


class Steps(NamedTuple):
    """What an event does, in order: code, an offer, code.

    Attributes:
        before: Code that runs first.
        offer: The offer's URL; "" for the one in `formaction` or `action`; None if there is none.
        after: Code that runs when the server has accepted.
    """

    before: tuple[str, ...] = ()
    offer: str | None = None
    after: tuple[str, ...] = ()

    @property
    def code(self) -> tuple[str, ...]:
        """Return all the code, in order."""
        return self.before + self.after

    def __str__(self) -> str:
        steps = [
            *(CODE + code for code in self.before),
            *([] if self.offer is None else [self.offer]),
            *(CODE + code for code in self.after),
        ]
        return steps[0] if len(steps) == 1 else codec.dumps([*steps])


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
    if not all(isinstance(step, str) for step in steps):
        raise ValueError(f"no steps of an event: {text[:80]!r}")
    offers = [at for at, step in enumerate(steps) if not step.startswith(CODE)]
    if len(offers) > 1:
        raise ValueError(f"two offers in the steps of one event: {text[:80]!r}")
    if not offers:
        return Steps(before=_code(steps))
    at = offers[0]
    return Steps(_code(steps[:at]), steps[at] or own or "", _code(steps[at + 1 :]))


def _code(steps: Iterable[str]) -> tuple[str, ...]:
    return tuple(step[len(CODE) :] for step in steps)
