"""The parts of the page that `python -m research.report` makes: a file a section."""
