"""Photos with exact truth, made from the open body: a scene is drawn by lot, rendered, and written down."""
