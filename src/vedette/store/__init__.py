"""Events and state that survive a kill: segments, manifest, one transaction. `vedette.store.store.open_store`."""
