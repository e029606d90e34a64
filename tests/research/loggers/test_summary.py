from research.loggers.console import summary


def test_summary_tells_both_parts_with_intervals_and_counts():
    scores = {
        'loss': 1.5,
        'item_accuracy': 0.65,
        'item_accuracy_interval': [0.5912, 0.7],
        'slices': 290,
        'items': 29,
        'groups': 12,
    }
    lines = summary(
        {
            'status': 'finished',
            'best_step': 60,
            'steps': 90,
            'parameters': 34_700_000,
            'seconds': 61.0,
            'caveats': ['validation has no call'],
            'valid': scores,
            'test': scores | {'item_accuracy': 0.6, 'precision': None},
        }
    )
    assert lines[0] == 'best step 60 of 90; 34,700,000 parameters; 1:01 of training'
    assert 'test: 290 slices, 29 items, 12 groups' in lines
    assert '  item_accuracy  0.600  [0.591, 0.700]' in lines
    assert '  precision      undefined' in lines
    assert 'validation has no call' in lines
    assert lines[-1] == 'in brackets: 95% intervals, groups resampled whole'


def test_summary_says_why_a_score_of_one_group_has_no_bracket():
    valid = {'loss': 9.0, 'wer': 0.9, 'wer_interval': [0.1, 1.0], 'items': 40, 'groups': 2}
    test = {'loss': 9.0, 'wer': 1.2, 'items': 1, 'groups': 1}
    result = {'best_step': 6, 'steps': 9, 'parameters': 10, 'seconds': 1.0, 'valid': valid}
    lines = summary(result | {'test': test})
    assert 'test: 1 item, 1 group' in lines
    assert lines[-1] == (
        'in brackets: 95% intervals, groups resampled whole; none of wer: one group cannot be '
        "resampled, and Wilson's interval is of shares up to 100%"
    )
    lines = summary(result | {'test': test | {'wer': 0.5, 'wer_interval': [0.1, 0.9]}})
    assert lines[-1] == (
        'in brackets: 95% intervals, groups resampled whole; '
        "of a single group Wilson's, with one trial"
    )
