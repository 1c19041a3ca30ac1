"""The object types, one module each."""
