"""What a process has taken of memory, for a run's record."""

import resource
import sys

import jax


def peak_bytes() -> dict[str, int]:
    """The most that this process has taken so far.

    Returns:
        Bytes of this machine's memory as `host`; as `device` those of the fullest device, where
        devices have memory of their own and tell.
    """
    unit = 1 if sys.platform == 'darwin' else 1024  # bytes there, kibibytes elsewhere: getrusage(2)
    found = {'host': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
    stats = [device.memory_stats() or {} for device in jax.local_devices()]
    taken = [int(each['peak_bytes_in_use']) for each in stats if 'peak_bytes_in_use' in each]
    return found | ({'device': max(taken)} if taken else {})
