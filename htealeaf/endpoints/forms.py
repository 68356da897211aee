"""Actions where scripts are off: a plain form brings them, and a page answers.

The form's fields are the page's controls. They fill the slots of the offer in the URL's query, as
the shim would; then the browser is sent back to the page, which shows what is true now.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from markupsafe import escape
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import parse_form_data

from htealeaf.data.documents import Json
from htealeaf.errors import BadRequest
from htealeaf.web.answer import error_page
from htealeaf.wire.codec import base_of, encode
from htealeaf.wire.names import Field
from htealeaf.wire.offers import Offer
from htealeaf.wire.slots import Found, filled


class Form:
    """What a plain form sent."""

    def __init__(self, fields: MultiDict[str, str]) -> None:
        self.fields = fields

    @property
    def confirmed(self) -> bool:
        """Tell whether the person said yes on the page that asks."""
        return Field.CONFIRMED in self.fields

    def back(self, environ: Mapping[str, Any]) -> str:
        """Return the URL of the page that the form stood in; never another site's.

        The page's own form says it in a field; of an author's form the browser does.
        """
        origin = f"{environ.get('wsgi.url_scheme')}://{environ.get('HTTP_HOST')}/"
        referer = environ.get("HTTP_REFERER", "")
        said = referer[len(origin) - 1 :] if referer.startswith(origin) else ""
        for url in (self.fields.get(Field.URL, ""), said):
            local = url.startswith("/") and not url.startswith("//") and "\\" not in url
            if local and url.isascii() and url.isprintable():
                return url
        return f"{environ.get('SCRIPT_NAME', '')}/"

    def value_of(self, offer: Offer | None) -> Json:
        """Return the value of the offer's template, filled from the fields.

        Raises:
            BadRequest: There is no offer, or a slot that only a script can fill.
        """
        if offer is None:
            raise BadRequest("a form without an offer; a script sends application/json")
        values = [filled(step.template, self._fill) for step in offer.steps]
        return values if offer.chained else values[0]

    def _fill(self, slot: Found, template: Json) -> Json:
        if slot.kind.filler == "server":
            return template
        if not slot.kind.control:
            raise BadRequest("this action needs JavaScript")
        values = self.fields.getlist(slot.name)
        return values[0] if len(values) == 1 else [*values] or None


def form_of(environ: Mapping[str, Any], body: bytes) -> Form:
    """Return the form in *body*, urlencoded or multipart; files are left out."""
    length = str(len(body))  # as it was read: it may have come in chunks
    given = {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": length}
    _, fields, _ = parse_form_data(given)
    return Form(fields)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" \
content="width=device-width, initial-scale=1"><title>{text}</title></head>
<body><main><h1>{text}</h1><form method="post" action="{action}">{fields}\
<button>Yes</button> <a href="{back}">No</a></form></main></body></html>
"""


def asked_page(environ: Mapping[str, Any], text: str, form: Form, back: str) -> str:
    """Return the page that asks whether an action is meant, as `confirm` does in the browser."""
    url = encode(environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace"))
    base = base_of(environ.get("SCRIPT_NAME", ""))
    action = f"{base}{url}?{environ.get('QUERY_STRING', '')}"
    pairs = [(k, v) for k, v in form.fields.items(multi=True) if k != Field.CONFIRMED]
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in [*pairs, (Field.CONFIRMED, "1")]
    )
    return _PAGE.format(text=escape(text), action=escape(action), fields=fields, back=escape(back))


def failed_page(status: int, sentence: str, back: str) -> str:
    """Return the page that says why an action was not done."""
    return error_page(status, sentence, back)
