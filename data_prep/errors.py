"""The one kind of error that a user can mend: shown as a single line, without a traceback."""


class PrepError(ValueError):
    """A corpus could not be prepared or opened; the message says what to do next."""


class Stopped(PrepError):
    """Work that broke off and goes on from where it was when the same is asked again."""


class DamagedCorpus(PrepError):
    """A prepared corpus is not what its manifest says that it is."""


class Unreadable(PrepError):
    """A file that cannot be taken; the message is the reason, without the file's name."""


class UnreadableAudio(Unreadable):
    """A sound file that cannot be taken."""
