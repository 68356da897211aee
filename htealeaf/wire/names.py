"""Names that Python shares with the shim, `static/htealeaf*.js`, and with the HTML that it reads.

Each header, field, attribute, id, query key, patch operation, modifier, event and URL of the wire
is spelled here and in the shim, and nowhere else; `tests/wire/test_names.py` compares the two.

Rule: names only. What a name means is said where it is used.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote

from htealeaf.html.markup import (
    BOOST,
    FAILED,
    FIELD,
    GROUP,
    KEEP,
    OWN_ATTRIBUTES,
    PREFETCH,
    ROWS,
    WORDS,
)
from htealeaf.html.markup import EVENTS as _EVENTS


class Header:
    """HTTP headers of requests and answers."""

    CURSOR: Final = "HT-Cursor"  #: what the page shows; of an answer, what it shows then
    SINCE: Final = "HT-Since"  #: what a patch starts from
    ID: Final = "HT-Id"  #: one-time id of a click, the same when it is sent again
    CHECK: Final = "HT-Check"  #: a control that was left: is it right? Nothing else is asked
    VERB: Final = "HT-Verb"  #: the verb of the body, or `OFFERED`
    PAGE: Final = "HT-Page"  #: see `Field.PAGE`
    URL: Final = "HT-Url"  #: see `Field.URL`
    QUERY: Final = "HT-Query"  #: the query that the browser is at, from its "?"; "?" for none
    STATE: Final = "HT-State"  #: see `Field.STATE`
    LOCAL: Final = "HT-Local"  #: see `Field.LOCAL`
    PREFETCH: Final = "HT-Prefetch"  #: a page is fetched ahead, and maybe nobody will see it
    LAST: Final = "Last-Event-ID"  #: the cursor of the last event that an `EventSource` got
    DEBUG: Final = "HT-Debug"  #: why a page or a patch has what it has, in debug mode


#: The headers that the shim names itself; `FIELDS` are sent as the headers of their names.
HEADERS: Final = (
    Header.CURSOR,
    Header.ID,
    Header.VERB,
    Header.SINCE,
    Header.CHECK,
    Header.QUERY,
    Header.PREFETCH,
)


class Field:
    """Fields of forms."""

    PAGE: Final = "ht-page"  #: the page's id
    URL: Final = "ht-url"  #: path and query that the page was got from
    STATE: Final = "ht-state"  #: what the page's own stores hold
    LOCAL: Final = "ht-local"  #: what commands have set of it, and no answer has brought yet
    ACTION: Final = "ht-action"  #: of the shim's form with files: what it sends as JSON else
    FILE: Final = "ht-file"  #: of that form: a file, in the place of an empty object in the JSON
    ROWS: Final = ROWS  #: of a button: a row is to be added to the form, or taken out
    CONFIRMED: Final = "ht-confirmed"  #: the person said yes on the page that asks


#: Fields of the page's form. The shim sends each that has a value as the header of its name.
FIELDS: Final = (Field.PAGE, Field.URL, Field.STATE, Field.LOCAL)


#: What the shim tells by itself.
TOLD: Final = (
    "Not saved yet, trying again",
    "Not saved yet, try again",
    "Not shown yet, trying again",
    "Not shown yet, try again",
    "Picked up, arrow keys move it, space drops it, escape puts it back\nDropped\nPut back",
)


class Attribute:
    """Attributes of elements that the shim reads."""

    EVENT: Final = OWN_ATTRIBUTES  #: with the event's name behind it: `ht-click`
    CURSOR: Final = "ht-cursor"  #: of the page's form
    BASE: Final = "ht-base"  #: of the page's form: the URL below which the app lives
    STORES: Final = "ht-stores"  #: of the page's form: the stores that scripts may name
    LIVE: Final = "ht-live"  #: of the page's form: the page follows by itself what others do
    OP: Final = "ht-op"  #: of a template in a patch: one of `OPS`
    TO: Final = "ht-to"  #: the elements that it is done to, a line each; for a visit a URL
    IN: Final = "ht-in"  #: of a move: the list at whose end the rows will stand
    BEFORE: Final = "ht-before"  #: of a move: the row that will follow
    INNER: Final = "ht-inner"  #: of an operation: it brings what is inside of its one element
    END: Final = "ht-end"  #: of a marker: with all from its comment to here it is one place
    KEEP: Final = KEEP  #: of an element that patches leave alone; the URL of its script
    BOOST: Final = BOOST  #: of an element: its links and GET forms are fetched by the shim
    PREFETCH: Final = PREFETCH  #: of an element: what its links lead to is fetched ahead, or not
    NEWER: Final = "ht-newer"  #: the shim tells: the server's value is newer than what is typed
    FAILED: Final = FAILED  #: of the empty place of a binding that raised; for style sheets
    FIELD: Final = FIELD  #: of a message in a refusal: the name of its control
    CHECK: Final = "ht-check"  #: of a form: a pattern of the names that are asked about when left
    DIRTY: Final = "ht-dirty"  #: the shim tells: it shows something else than the server said
    GROUP: Final = GROUP  #: of a list: the group of lists among which items may be moved
    HELD: Final = "ht-held"  #: the shim tells: this item is being moved
    #: Of an element: in which words moves in it are told, a line each. Of the page's form: what the
    #: shim tells in the page's language, JSON by the English text.
    WORDS: Final = WORDS
    PATCH: Final = "ht"  #: of the template that holds a patch, by which the shim knows it


ATTRIBUTES: Final = (
    Attribute.CURSOR,
    Attribute.BASE,
    Attribute.STORES,
    Attribute.LIVE,
    Attribute.OP,
    Attribute.TO,
    Attribute.IN,
    Attribute.BEFORE,
    Attribute.INNER,
    Attribute.END,
    Attribute.KEEP,
    Attribute.BOOST,
    Attribute.PREFETCH,
    Attribute.NEWER,
    Attribute.FIELD,
    Attribute.CHECK,
    Attribute.DIRTY,
    Attribute.GROUP,
    Attribute.HELD,
    Attribute.WORDS,
)


def comment_of(id: str) -> str:
    """Return how the comment at the start of a place names the marker at its end.

    Source: `encodeURIComponent`, which leaves nothing that could end a comment.
    """
    return quote(id, safe="-_.!~*'()")


class Id:
    """Ids of elements that every page may have."""

    FORM: Final = "ht"  #: the form that every page begins with
    STATE: Final = Field.STATE  #: the field that a page's state travels in
    STYLE: Final = "ht-style"  #: the page's generated style sheet
    ERROR: Final = "ht-error"  #: where the shim tells an error
    TITLE: Final = "ht-title"  #: where screen readers hear which page was gone to


IDS: Final = (Id.FORM, Id.STATE, Id.STYLE, Id.ERROR, Id.TITLE)


class Key:
    """Keys of the query of an offer, beside the verb and the modifiers."""

    STEPS: Final = "steps"  #: instead of a verb: several steps
    CALL: Final = "call"  #: instead of a verb: what an action function is called with
    KEEP: Final = "keep"
    SHAPE: Final = "at"  #: shape version
    MAC: Final = "o"  #: always the last one


class Visits:
    """How the history of a browser has a visit; said in the place of a verb."""

    PUSH: Final = "push"  #: after what was shown
    REPLACE: Final = "replace"  #: in the place of what was shown


class Part:
    """Parts of the shim, which a page has when it needs them; the core is always there."""

    TREES: Final = "trees"  #: templates, shadow roots, `noscript` and `srcdoc`
    ORDER: Final = "order"  #: lists come into another order with the fewest moves
    DIALOGS: Final = "dialogs"  #: buttons with an action that say something to a dialog
    FIELDS: Final = "fields"  #: controls: what is typed and chosen
    FORMS: Final = "forms"  #: forms of action functions: messages at their fields
    UPLOADS: Final = "uploads"  #: controls for files, which are sent with progress
    EVENTS: Final = "events"  #: modifiers of actions: keys, pace, questions; events of our own
    CODE: Final = "code"  #: the author's own JavaScript: steps of actions, scripts that arrive
    COMMANDS: Final = "commands"  #: steps that need no server
    MOVES: Final = "moves"  #: items of lists that are dragged, or moved by keys
    LIVE: Final = "live"  #: the page follows by itself what others do
    ROWS: Final = "rows"  #: forms with rows that are added and taken out
    KEEP: Final = "keep"  #: kept elements, whose scripts hear of them
    BOOST: Final = "boost"  #: links and GET forms that are fetched and morphed in


#: All of them, in the order in which they are served.
PARTS: Final = (
    Part.TREES,
    Part.ORDER,
    Part.DIALOGS,
    Part.FIELDS,
    Part.FORMS,
    Part.UPLOADS,
    Part.ROWS,
    Part.EVENTS,
    Part.CODE,
    Part.COMMANDS,
    Part.MOVES,
    Part.KEEP,
    Part.LIVE,
    Part.BOOST,
)


class Op(NamedTuple):
    """One operation of a patch.

    Attributes:
        name: The value of `ht-op`.
        alone: It is done to no element of the page, so it is done where none has its id.
        always: It is done although the page does not show what the patch starts from.
    """

    name: str
    alone: bool = False
    always: bool = False


_OPS = (
    Op("replace"),
    Op("append"),
    Op("before"),
    Op("after"),
    Op("move"),
    Op("remove"),
    Op("attrs"),
    Op("style", alone=True),
    Op("script", alone=True),
    Op("page", alone=True),
    Op("history", alone=True),
    Op("visit", alone=True, always=True),
    Op("error", alone=True, always=True),
    Op("invalid", alone=True, always=True),
)
#: What a patch may do, by name; "" in a piece of a patch is a fragment that stands for itself.
OPS: Final = {op.name: op for op in _OPS}


#: The id of a `visit` that leads to another site, as the author has said.
EXTERNAL: Final = "external"

#: Said by the server of an action that takes no second press while it is under way.
ONE: Final = "one"


class Modifier(NamedTuple):
    """What an offer says of when and how the action is done.

    Attributes:
        name: Its key in the query of the offer.
        valued: A value goes with it; else it is only said.
    """

    name: str
    valued: bool = False


_MODIFIERS = (
    Modifier("confirm", valued=True),
    Modifier("debounce", valued=True),
    Modifier("throttle", valued=True),
    Modifier("key", valued=True),
    Modifier("every", valued=True),
    Modifier("window"),
    Modifier("outside"),
    Modifier("self"),
    Modifier("once"),
    Modifier("prevent"),
    Modifier("keep_values"),
    Modifier(ONE),
)
#: Every modifier, by name.
MODIFIERS: Final = {modifier.name: modifier for modifier in _MODIFIERS}

#: In the place of a verb: the body is a list, first the offer as it stands in the page, then what
#: the browser filled its slots with, in order.
OFFERED: Final = "offer"
#: The verb that is meant where none is named.
DEFAULT_VERB: Final = "update"
#: The verbs that an HTTP method names by itself.
METHOD_VERBS: Final = {"PATCH": "update", "PUT": "replace", "DELETE": "delete"}

EVENTS: Final = tuple(_EVENTS)
#: Events that no browser has: the shim makes them.
MADE_EVENTS: Final = ("load", "visible", "interval", "move")
#: Events that are a press of something, which a person may repeat without meaning it.
PRESSES: Final = frozenset(
    "click dblclick submit keydown keyup keypress"
    " pointerdown pointerup mousedown mouseup touchstart touchend".split()
)

API_URL: Final = "/api/_"  #: what every URL of ours but the assets' begins with
STORE_URL: Final = f"{API_URL}store"
ACTION_URL: Final = f"{API_URL}action"
LIVE_URL: Final = f"{API_URL}live"
EVENTS_TYPE: Final = "text/event-stream"  #: what the shim accepts there, if there is room for it
VISIT_URL: Final = f"{API_URL}visit"
ASSETS_URL: Final = "/_htealeaf"

#: What a step of an event begins with that is JavaScript and no offer.
CODE: Final = "js:"
#: What a step of an event begins with that says when the others are done, and is sent nowhere.
WHEN: Final = "?"


class Command:
    """Kinds of steps that the shim does by itself; see `wire/commands.py`."""

    ATTRIBUTE: Final = "attribute"
    CLASS: Final = "class"
    PROPERTY: Final = "property"
    CALL: Final = "call"
    CLEAR: Final = "clear"
    SELECT: Final = "select"
    COPY: Final = "copy"
    SUBMIT: Final = "submit"
    DISPATCH: Final = "dispatch"
    LOCAL: Final = "local"  #: a place of a page store is set; the next request says so
    TRANSITION: Final = "transition"
    MEANWHILE: Final = "meanwhile"  #: steps that are taken back when the answer comes


#: All of them.
COMMANDS: Final = frozenset(
    kind for name, kind in vars(Command).items() if not name.startswith("_")
)
#: What the name of the browser's object for a store begins with.
STORE_OBJECT: Final = "store_"
