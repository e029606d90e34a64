"""How a table is written, a file a format: each takes a `layout.Layout`, CSV the cells."""
