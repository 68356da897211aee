"""Attribute names: which there are, and which one was meant by a name that is none.

A name is allowed by name: one of HTML, SVG, MathML, WAI-ARIA or RDFa, also of those that browsers
still know and nobody should use; `data-*` and `aria-*`; and names that no browser reads, because
they have a dash, a colon, an `@` or the like in them, as other libraries have (`x-on:y`, `hx-get`,
`@click`, `:class`, `v-if`, `wire:model`, `_`). Whatever else a browser may learn to do with a
word, nobody here knows. Of a custom element, any word is an attribute.

`div(cls="card")` is refused, and `unknown` says what was meant. `meant` says it too for a name that
is allowed and looks like a slip (`aria_lable`, `viewbox`), and `slip` keeps where that is written,
for the debug mode.

Source: HTML standard, "Index: Attributes" and "Non-conforming features"; SVG 2, "Attribute Index";
MathML Core; WAI-ARIA 1.2, "States and properties"; RDFa in HTML.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from keyword import iskeyword
from typing import Final, NamedTuple

from htealeaf.html.lines import Place, caller

GLOBAL: Final = frozenset(
    "accesskey autocapitalize autocorrect autofocus class contenteditable dir draggable"
    " enterkeyhint exportparts headingoffset headingreset hidden id inert inputmode is itemid"
    " itemprop itemref itemscope itemtype lang nonce part popover role slot spellcheck style"
    " tabindex title translate writingsuggestions xmlns about datatype property resource typeof"
    " vocab prefix content rel rev".split()
)

_LINK = "href target download ping rel hreflang type referrerpolicy"
_FORM = "formaction formenctype formmethod formnovalidate formtarget"
_IMAGE = "alt src srcset sizes crossorigin usemap ismap width height referrerpolicy decoding"
_MEDIA = "src crossorigin preload autoplay loop muted controls controlslist disableremoteplayback"
_CELL = "colspan rowspan headers align valign width height bgcolor nowrap"
#: What elements have besides `GLOBAL`; of others, any element's is taken for right.
OWN: Final = {
    name: frozenset(names.split())
    for name, names in {
        "a": f"{_LINK} name attributionsrc",
        "area": f"{_LINK} alt coords shape",
        "audio": _MEDIA,
        "base": "href target",
        "blockquote": "cite",
        "button": f"command commandfor disabled form {_FORM} name popovertarget"
        " popovertargetaction type value",
        "canvas": "width height",
        "col": "span width align",
        "colgroup": "span width align",
        "data": "value",
        "del": "cite datetime",
        "details": "name open",
        "dialog": "closedby open",
        "embed": "height src type width",
        "fieldset": "disabled form name",
        "form": "accept-charset action autocomplete enctype method name novalidate target rel",
        "html": "manifest version",
        "iframe": "allow allowfullscreen height loading name referrerpolicy sandbox src srcdoc"
        " width frameborder scrolling credentialless",
        "img": f"{_IMAGE} fetchpriority loading align border",
        "input": "accept alpha alt autocomplete capture checked colorspace dirname disabled form"
        f" {_FORM} height incremental list max maxlength min minlength multiple name pattern"
        " placeholder popovertarget popovertargetaction readonly required size src step type value"
        " width webkitdirectory switch",
        "ins": "cite datetime",
        "label": "for form",
        "li": "value type",
        "link": "as blocking color crossorigin disabled fetchpriority href hreflang imagesizes"
        " imagesrcset integrity media referrerpolicy rel sizes type",
        "map": "name",
        "meta": "charset content http-equiv media name",
        "meter": "high low max min optimum value form",
        "object": "data form height name type width usemap",
        "ol": "reversed start type",
        "optgroup": "disabled label",
        "option": "disabled label selected value",
        "output": "for form name",
        "progress": "max value",
        "q": "cite",
        "script": "async blocking crossorigin defer fetchpriority integrity language nomodule"
        " referrerpolicy src type",
        "select": "autocomplete disabled form multiple name required size",
        "slot": "name",
        "source": "height media sizes src srcset type width",
        "style": "blocking media type",
        "table": "border cellpadding cellspacing width align bgcolor summary",
        "td": f"{_CELL} abbr scope axis",
        "template": "shadowrootclonable shadowrootdelegatesfocus shadowrootmode"
        " shadowrootserializable shadowrootcustomelementregistry",
        "textarea": "autocomplete cols dirname disabled form maxlength minlength name placeholder"
        " readonly required rows wrap",
        "th": f"{_CELL} abbr scope axis",
        "time": "datetime",
        "track": "default kind label src srclang",
        "video": f"{_MEDIA} height playsinline poster width disablepictureinpicture",
    }.items()
}

ARIA: Final = frozenset(
    f"aria-{name}"
    for name in (
        "activedescendant atomic autocomplete braillelabel brailleroledescription busy checked"
        " colcount colindex colindextext colspan controls current describedby description details"
        " disabled dropeffect errormessage expanded flowto grabbed haspopup hidden invalid"
        " keyshortcuts label labelledby level live modal multiline multiselectable orientation"
        " owns placeholder posinset pressed readonly relevant required roledescription rowcount"
        " rowindex rowindextext rowspan selected setsize sort valuemax valuemin valuenow valuetext"
    ).split()
)

#: Of SVG and MathML, where case counts; those with a dash are anybody's for `meant`.
OTHERS: Final = frozenset(
    "accumulate additive amplitude attributeName attributeType azimuth baseFrequency baseProfile"
    " begin bias by calcMode clip clipPath clipPathUnits clipRule color cursor cx cy d"
    " diffuseConstant direction display divisor dur dx dy edgeMode elevation end exponent fill"
    " filter filterUnits font fr from fx fy g1 g2 glyphName gradientTransform gradientUnits"
    " in in2 intercept k k1 k2 k3 k4 kernelMatrix kernelUnitLength keyPoints keySplines keyTimes"
    " lengthAdjust limitingConeAngle local markerHeight markerUnits markerWidth mask"
    " maskContentUnits maskUnits mathbackground mathcolor mathsize mathvariant method mode"
    " numOctaves offset opacity operator order orient origin overflow path pathLength"
    " patternContentUnits patternTransform patternUnits points pointsAtX pointsAtY pointsAtZ"
    " preserveAlpha preserveAspectRatio primitiveUnits r radius refX refY repeatCount repeatDur"
    " requiredExtensions requiredFeatures restart result rotate rx ry scale seed side spacing"
    " specularConstant specularExponent spreadMethod startOffset stdDeviation stitchTiles stroke"
    " surfaceScale systemLanguage tableValues targetX targetY textLength to transform u1 u2"
    " unicode values vector version viewBox viewTarget visibility x x1 x2 xChannelSelector y y1 y2"
    " yChannelSelector z zoomAndPan accent accentunder columnalign columnlines columnspacing"
    " columnspan depth displaystyle encoding fence form frame framespacing linethickness lspace"
    " maxsize minsize movablelimits notation rowalign rowlines rowspacing rspace scriptlevel"
    " separator stretchy symmetric voffset largeop".split()
)

#: Names that browsers read and no standard asks for any more, and those of proposals.
OLD: Final = frozenset(
    "abbr align alink allowtransparency allowusermedia allowpaymentrequest anchor archive axis"
    " autosave axis background behavior bgcolor border bordercolor bottommargin browsingtopics"
    " cellpadding cellspacing char charoff charset classid clear code codebase codetype compact"
    " coords credentialless csp datafld datasrc declare dynsrc elementtiming event face"
    " focusgroup focusgroupstart frame"
    " frameborder hspace importance inlist interestfor language leftmargin link longdesc lowsrc"
    " marginheight marginwidth mozallowfullscreen nohref noresize noshade nowrap object policy"
    " privatetoken profile results rightmargin rules scheme scopes scrollamount scrolldelay"
    " scrolling security sharedstoragewritable standby summary target text topmargin truespeed"
    " typemustmatch urn valign valuetype version virtualkeyboardpolicy vlink volume vspace"
    " webkitallowfullscreen".split()
)
#: Of SVG and XML, with a colon: what browsers read there.
XML: Final = frozenset(
    "xlink:href xlink:title xlink:role xlink:show xlink:actuate xlink:type xlink:arcrole xml:lang"
    " xml:space xml:base xmlns:xlink xmlns:svg xmlns:xhtml xmlns:math".split()
)

_SVG: Final = frozenset(
    "svg g path circle ellipse line polygon polyline rect text tspan textPath use symbol defs"
    " marker mask pattern clipPath filter image linearGradient radialGradient stop foreignObject"
    " animate animateMotion animateTransform set mpath switch view desc metadata".split()
)
_ANY: Final = GLOBAL | OTHERS | ARIA | frozenset().union(*OWN.values())
_LOWER: Final = frozenset(map(str.lower, _ANY))
#: Names that any element may have, in small letters.
KNOWN: Final = _LOWER | OLD | XML
#: What no browser reads: names of other libraries, and an author's own.
_OTHERS_NAME = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9]*[-_:.]|[@:#*.$][A-Za-z0-9_\[(:.]|[\[(][A-Za-z])"
    r"[A-Za-z0-9_.:@#*$!\[\]()-]*\Z|_\Z"
)
_PREFIXED_BY_BROWSERS = re.compile(r"(?:xml|xmlns|xlink)\b", re.IGNORECASE)
#: Names of other libraries: of the DOM's properties, and of other ways to write HTML in Python.
_KNOWN_SLIPS: Final = {
    "cls": "class",
    "klass": "class",
    "classname": "class",
    "classes": "class",
    "css": "class",
    "htmlfor": "for",
    "fors": "for",
    "defaultvalue": "value",
    "defaultchecked": "checked",
    "colour": "color",
}
_WORD = re.compile(r"[A-Za-z]+\Z")
_LIMIT = 1000


class Slip(NamedTuple):
    """A name that no element has, as it was written."""

    tag: str
    written: str
    meant: str  #: in HTML
    place: Place | None

    def __str__(self) -> str:
        python = python_name(self.meant)
        where = f"{self.place}: " if self.place is not None else ""
        return f"{where}<{self.tag}> has no attribute '{self.written}'; did you mean {python}=?"


#: What was found, each once, in order; bounded.
SLIPS: Final[dict[Slip, None]] = {}


def python_name(name: str) -> str:
    """Return how an attribute is written in Python: `class_`, `aria_label`."""
    return f"{name}_" if iskeyword(name) else name.replace("-", "_")


def is_known(name: str) -> bool:
    """Tell whether any element may have an attribute *name*.

    >>> is_known("class"), is_known("data-id"), is_known("x-on:y"), is_known("@click")
    (True, True, True, True)
    >>> is_known("cls"), is_known("a b"), is_known("x\u017frc"), is_known("a/onclick")
    (False, False, False, False)
    """
    if not name.isascii():
        return False
    lower = name.lower()
    if lower in KNOWN or (lower[:2] == "on" and lower.isalpha()):  # which events, is for `markup`
        return True
    return _OTHERS_NAME.match(name) is not None and not _PREFIXED_BY_BROWSERS.match(name)


def unknown(tag: str, name: str) -> str:
    """Return the sentence that a `<tag>` has no attribute *name*, and which was meant."""
    near = meant(tag, name)
    if near is not None:
        return f"<{tag}> has no attribute {name!r}; did you mean {python_name(near)}=?"
    if not name.isascii():
        return f"<{tag}> has no attribute {name!r}; names are ASCII letters, digits and '-'"
    own = f"data_{name}=" if name.isidentifier() else "data_name="
    return (
        f"<{tag}> has no attribute {name!r}; an attribute of your own has a dash in its name:"
        f" {own}, and a custom element may have any"
    )


def is_odd(name: str) -> bool:
    """Tell whether *name*, as an author wrote it, may be a slip; `meant` says which, on a tag."""
    if name in _ANY:
        return False
    if name[:2].lower() == "on":
        return name != name.lower()  # an event that is none is refused anyway
    return name[:5].lower() == "aria-" or _WORD.match(name.replace("-", "")) is not None


@lru_cache(maxsize=2000)
def meant(tag: str, name: str) -> str | None:
    """Return the attribute that *name* was meant to be on a `<tag>`; None if it is no slip.

    >>> meant("div", "cls"), meant("label", "htmlFor"), meant("button", "onClick")
    ('class', 'for', 'onclick')
    >>> meant("div", "class"), meant("div", "data-id"), meant("div", "x-on:y")
    (None, None, None)
    """
    lower = name.lower()
    if not is_odd(name) or "-" in tag:
        return None
    if lower[:2] == "on":
        return lower
    if lower[:5] == "aria-":
        return _closest(lower, ARIA)
    own = GLOBAL | OWN.get(tag, frozenset()) | (OTHERS if tag in _SVG else frozenset())
    plain = lower.replace("-", "")
    if plain in _KNOWN_SLIPS:
        return _KNOWN_SLIPS[plain]
    for known in sorted(own):
        if known.lower().replace("-", "") == plain:
            return known
    if "-" in name or plain in _LOWER:  # somebody's own; or another element's
        return None
    return _closest(lower, own)


def _closest(name: str, known: frozenset[str]) -> str | None:
    # A letter more, less or other, or two that are swapped. A short name is near to many.
    letters = sorted(name)
    swapped = [other for other in sorted(known) if sorted(other) == letters]
    near = swapped or get_close_matches(name, sorted(known), 1, 0.8 if len(name) > 4 else 0.85)
    return near[0] if near and near[0] != name else None


def slip(tag: str, name: str) -> None:
    """Keep that a `<tag>` is given *name*, if that looks like a slip, and the author's line."""
    found = meant(tag, name)
    if found is not None and len(SLIPS) < _LIMIT:
        SLIPS[Slip(tag, name, found, caller())] = None
