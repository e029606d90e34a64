"""What a run's answers hang on: two runs of one hash answer alike."""

import dataclasses
import hashlib
import json
from typing import Any

import jax
import numpy as np

from research import codec
from research.predicting.answers import Options
from research.restore import named, shape
from research.trained import Loaded


def about(loaded: Loaded, options: Options, batch: int) -> dict[str, Any]:
    """All that turns an answer, be it in its last bit, as plain values."""
    return {
        'weights': weights(loaded),
        'slices': options.slices,
        'hop_s': options.hop_s,
        'lm': options.lm,
        'batch': batch,
        'device': jax.local_devices()[0].device_kind,
        'jax': jax.__version__,
    }


def weights(loaded: Loaded) -> str:
    """A hash of the experiment, what its outputs stand for, what was tuned and what was learnt."""
    told = {
        'experiment': codec.to_json(loaded.experiment),
        'meaning': dataclasses.asdict(loaded.meaning),
        'tuned': dict(loaded.tuned),
    }
    found = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name, leaf in named(loaded.weights).items():
        array = np.asarray(leaf)
        found.update(f'{name} {shape(array)}'.encode())
        found.update(array.tobytes())
    language_model = loaded.place.directory / 'lm.json'
    if language_model.exists():
        found.update(language_model.read_bytes())
    return found.hexdigest()[:16]
