"""Names and bytes shared with the shim; actions and what may fill them. Pure."""
