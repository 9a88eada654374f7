"""Shapes of what crosses a wire.  They know marshmallow and nothing else of ours but errors."""
