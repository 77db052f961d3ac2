"""Pictures of every screen in every state, kept as SVG and compared line by line."""
