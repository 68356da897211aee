"""Every HTML element by name, and ready-made pieces of them.

    from htealeaf.components import div, h3, button

Names that Python or a common variable has taken end in an underscore too: `del_`, `map_`,
`object_`, `input_`. Custom elements are made with `tag("my-widget")`.
"""

from htealeaf.components.tags import *  # noqa: F403
from htealeaf.components.tags import __all__ as _tags
from htealeaf.components.widgets import checkbox, fileInput, rButton, submit, textInput
from htealeaf.html.making import tag

__all__ = [*_tags, "checkbox", "fileInput", "rButton", "submit", "tag", "textInput"]
