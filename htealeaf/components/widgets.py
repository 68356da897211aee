"""Buttons, check boxes and inputs under short names: tags with their `type` set."""

from htealeaf.components.tags import button
from htealeaf.html.making import tag

#: A button with an action; any `button` can have one.
rButton = button
#: `<input type="checkbox">`; `checked` may be a binding or a Ref.
checkbox = tag("input", type="checkbox")
#: `<input type="text">`; another `type=` (email, search, …) may be given.
textInput = tag("input", type="text")
#: `<input type="file">`.
fileInput = tag("input", type="file")
#: The button that sends a form: `<button type="submit">`.
submit = tag("button", type="submit")
