"""Values and their histories: paths, frozen documents, verbs. Pure."""
