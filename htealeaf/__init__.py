"""htealeaf: web apps in Python with almost no client JavaScript.

A page is a function that returns elements, state lives in stores on the server, and a click is a
plain HTTP POST whose answer is the HTML of exactly what has changed.
"""

from htealeaf.app.app import WSGI
from htealeaf.app.responses import send_file
from htealeaf.app.routes import Routes
from htealeaf.app.settings import VERSION
from htealeaf.app.superstore import SuperStore
from htealeaf.app.urls import url_for
from htealeaf.errors import (
    Conflict,
    HtealeafError,
    Invalid,
    NotAuthenticated,
    OutsideRequest,
    PathNotFound,
    TargetGone,
    WrongType,
)
from htealeaf.html.elements import Element
from htealeaf.html.urls import unsafe_url
from htealeaf.state.clock import every
from htealeaf.state.connecting import connect
from htealeaf.state.reactions import each, fragment
from htealeaf.state.refs import Ref
from htealeaf.state.stores import AuthStore, PageStore, Registry, SessionStore, Store
from htealeaf.state.timekeeper import clock
from htealeaf.state.topics import Topic
from htealeaf.web.cookie import Cookie
from htealeaf.web.flashes import flash, flashes
from htealeaf.web.outcome import redirect
from htealeaf.web.session import Session
from htealeaf.web.uploads import Files, Upload
from htealeaf.wire.actions import Action, JSCode, visit
from htealeaf.wire.commands import browser, closest
from htealeaf.wire.slots import event, new_id, now, this, value_of
from htealeaf.words import say

__version__ = VERSION

__all__ = [
    "WSGI",
    "Action",
    "AuthStore",
    "Conflict",
    "Cookie",
    "Element",
    "Files",
    "HtealeafError",
    "Invalid",
    "JSCode",
    "NotAuthenticated",
    "OutsideRequest",
    "PageStore",
    "PathNotFound",
    "Ref",
    "Registry",
    "Routes",
    "Session",
    "SessionStore",
    "Store",
    "SuperStore",
    "TargetGone",
    "Topic",
    "Upload",
    "WrongType",
    "browser",
    "clock",
    "closest",
    "connect",
    "each",
    "event",
    "every",
    "flash",
    "flashes",
    "fragment",
    "new_id",
    "now",
    "redirect",
    "say",
    "send_file",
    "this",
    "unsafe_url",
    "url_for",
    "value_of",
    "visit",
]
