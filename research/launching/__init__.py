"""What launch.py hands over to: a run, a grid or a search, and the workers of the latter two."""
