"""What a run's result holds where a score is not defined."""

import math

import numpy as np

from research.conclude import defined
from research.runs import Run


def test_what_is_not_defined_is_null_in_the_result(tmp_path):
    scores = {'precision': math.nan, 'recall': np.float64('nan'), 'f1': 0.0, 'slices': 3}
    found = defined({'test': scores | {'f1_interval': [0.0, 0.5]}, 'tuned': {}})
    assert found == {
        'test': {
            'precision': None,
            'recall': None,
            'f1': 0.0,
            'slices': 3,
            'f1_interval': [0, 0.5],
        },
        'tuned': {},
    }
    Run(tmp_path).finish(found)
    assert '"precision": null' in (tmp_path / 'result.json').read_text()
