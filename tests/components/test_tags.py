"""Tags: every element of the HTML standard has a function of its name."""

from __future__ import annotations

from htealeaf import components


def test_every_html_element_has_its_name() -> None:
    names = """a abbr address area article aside audio b base bdi bdo blockquote body br button
    canvas caption cite code col colgroup data datalist dd details dfn dialog div dl dt em
    embed fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html i
    iframe img ins kbd label legend li link main mark menu meta meter nav noscript ol optgroup
    option output p picture pre progress q rp rt ruby s samp script search section select slot
    small source span strong style sub summary sup table tbody td template textarea tfoot th thead
    time title tr track u ul var video wbr""".split()
    for name in names:
        assert str(getattr(components, name)()).startswith(f"<{name}>")
    for name in ("del", "input", "map", "object"):
        assert str(getattr(components, f"{name}_")()).startswith(f"<{name}>")
