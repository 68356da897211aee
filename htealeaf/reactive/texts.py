"""Text places: rendering again an element whose only child is a binding that shows a text.

Most of what a click changes is a number or a word in an element of its own. What `Render` makes of
it is known before: the tag as it was, the text, the end. So nothing else of a rendering is made.

Rule: it is what `Render.again` gives, with the same reads noted, or nothing at all. What shows
anything else, or raises, is rendered as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from htealeaf.html.markup import attribute_of, quoted
from htealeaf.html.parts import Host
from htealeaf.reactive.bindings import Binding, Node

if TYPE_CHECKING:
    from htealeaf.reactive.graph import Graph
    from htealeaf.reactive.scope import Dep, Scope


def text_again(scope: Scope, graph: Graph, id: str, node: Node) -> str | None:
    """Return the HTML of the binding of *node* as it is now; None where that is no mere text.

    Its reads are noted in *graph*.

    Args:
        scope: What the author's functions see.
        graph: Of the page.
        id: The node's id.
        node: What the page remembers of it.
    """
    host = node.source
    if type(host) is not Host or host.special:
        return None
    tag, binding = host.tag, host.sole
    if not isinstance(binding, Binding) or not binding.is_text:
        return None
    if tag.control or tag.context or tag.drops_newline or tag.void or tag.raw:
        return None
    deps: set[Dep] = set()
    saved, scope.deps = scope.deps, deps
    try:
        shown = binding.content()
    except Exception:
        return None  # it is asked again, by whoever knows what becomes of it
    finally:
        scope.deps = saved
    kind = type(shown)
    if kind is str:
        text = quoted(shown)
    elif kind is int:
        text = str(shown)
    else:
        return None
    graph.renew(id, deps)
    own = attribute_of(host.attributes, "id")
    mark = "" if isinstance(own, str) else f' id="{quoted(node.mark)}"'
    return f"{host.open}{mark}>{text}{tag.close}"
