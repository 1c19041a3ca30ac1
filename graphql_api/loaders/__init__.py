"""Which rows belong to a batch of keys: one module an entity, the shapes in `base`."""
