"""What hangs together, directly or through others."""

from collections.abc import Collection, Hashable, Sequence


def joined(keys: Sequence[Collection[Hashable]]) -> list[int]:
    """For each set of keys the first place that it hangs together with, by keys in common."""
    parent = list(range(len(keys)))

    def top(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]  # halves the way, or long chains take hours
            place = parent[place]
        return place

    owner = {}
    for place, names in enumerate(keys):
        for name in names:
            low, high = sorted((top(place), top(owner.setdefault(name, place))))
            parent[high] = low
    return [top(place) for place in range(len(keys))]
