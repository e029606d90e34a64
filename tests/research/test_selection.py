from research.selection import Selection, select


def valid(step, score, loss=1.0):
    return {'step': step, 'split': 'valid', 'item_accuracy': score, 'loss': loss}


def test_the_highest_score_wins_then_the_lowest_loss_then_the_earliest():
    train = {'step': 25, 'split': 'train', 'loss': 0.1}
    records = [valid(10, 0.5), valid(20, 0.7, 0.9), train, valid(30, 0.7, 0.8), valid(40, 0.7, 0.8)]
    assert select(records, 'item_accuracy') == Selection(30, 0.7, 1)


def test_without_a_validation_nothing_is_chosen():
    assert select([{'step': 1, 'split': 'train', 'loss': 2.0}], 'item_accuracy') == Selection()


def test_patience_counts_validations_since_the_best():
    records = [valid(10, 0.9), valid(20, 0.1), valid(30, 0.2)]
    chosen = select(records, 'item_accuracy')
    assert chosen.exhausted(2)
    assert not chosen.exhausted(3)
    assert not chosen.exhausted(None)


def test_a_score_that_is_not_a_number_never_wins():
    nan = float('nan')
    records = [valid(5, nan, nan), valid(10, 0.5, nan), valid(15, 0.5, 2.0), valid(20, nan, 0.1)]
    assert select(records, 'item_accuracy').step == 15
