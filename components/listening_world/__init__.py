"""The built-in listening world: a documented generator of sessions whose truth is known."""
