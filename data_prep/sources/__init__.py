"""What lies in a user's folder: the walk over it, its tables, transcripts, MIDI files, scores."""
