"""htealeaf: web apps in Python with almost no client JavaScript.

A page is a function that returns elements, state lives in stores on the server, and a click is a
plain HTTP POST whose answer is the HTML of exactly what has changed.
"""

from htealeaf.actions import Action, JSCode, event, new_id, now, this, value_of
from htealeaf.app import WSGI
from htealeaf.elements import Element
from htealeaf.errors import (
    Conflict,
    HtealeafError,
    NotAuthenticated,
    OutsideRequest,
    PathNotFound,
    TargetGone,
    WrongType,
)
from htealeaf.reactions import each, fragment
from htealeaf.refs import Ref
from htealeaf.responses import redirect
from htealeaf.sessions import Session
from htealeaf.stores import AuthStore, PageStore, Registry, SessionStore, Store
from htealeaf.superstore import SuperStore
from htealeaf.topics import Topic

__version__ = "0.1.0"

__all__ = [
    "WSGI",
    "Action",
    "AuthStore",
    "Conflict",
    "Element",
    "HtealeafError",
    "JSCode",
    "NotAuthenticated",
    "OutsideRequest",
    "PageStore",
    "PathNotFound",
    "Ref",
    "Registry",
    "Session",
    "SessionStore",
    "Store",
    "SuperStore",
    "TargetGone",
    "Topic",
    "WrongType",
    "each",
    "event",
    "fragment",
    "new_id",
    "now",
    "redirect",
    "this",
    "value_of",
]
