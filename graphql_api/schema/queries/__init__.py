"""The fields of `Query`, a module for each kind of thing they find."""
