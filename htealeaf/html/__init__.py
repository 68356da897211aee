"""Elements and the HTML that is written of them. Pure."""
