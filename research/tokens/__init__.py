"""Views of notes as tokens, both ways: `names` as a common tutorial has it, `events` in full."""
