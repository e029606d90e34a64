"""Who runs the workers of a grid. A worker is launch.py on the same grid: no other code path.

Workers know of each other by what is on disk alone: each takes the runs that nobody holds.
"""
