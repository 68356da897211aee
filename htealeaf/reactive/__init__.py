"""What a page depends on, how it is rendered, and how two renderings differ. Pure."""
