import threading

import pytest

from research import reading
from research.errors import UserError


def test_numbers_come_in_order_whichever_thread_is_first():
    gates = {number: threading.Event() for number in range(10, 14)}

    def load(number):
        if number < 13:  # each waits for the one after it
            assert gates[number + 1].wait(20)
        gates[number].set()
        return number * number

    assert list(reading.ahead(range(10, 14), load, buffer=4, threads=4)) == [100, 121, 144, 169]


def test_no_more_than_the_buffer_is_loaded_ahead():
    begun = []
    numbers = reading.ahead(range(100), lambda number: begun.append(number) or number, 5, 2)
    assert [next(numbers) for _ in range(3)] == [0, 1, 2]
    numbers.close()
    assert max(begun) < 3 + 5


def test_an_error_in_a_thread_is_raised_at_its_number():
    def load(number):
        if number == 2:
            raise LookupError('the third is broken')
        return number

    numbers = reading.ahead(range(5), load, buffer=4, threads=3)
    assert [next(numbers), next(numbers)] == [0, 1]
    with pytest.raises(LookupError, match=r'^the third is broken$'):
        next(numbers)


@pytest.mark.parametrize(
    ('wish', 'needed', 'begun', 'streamed'),
    [
        ('auto', 399, None, False),
        ('auto', 401, None, True),
        ('auto', 401, False, False),
        ('auto', 1, True, True),
        ('on', 1, False, True),
        ('off', 10**9, True, False),
    ],
)
def test_auto_streams_what_exceeds_a_third_of_the_free_memory_unless_the_run_began(
    wish, needed, begun, streamed, monkeypatch
):
    monkeypatch.setattr(reading, 'free_bytes', lambda: 1200 * reading.MIB)
    choice = reading.choose(wish, needed * reading.MIB, begun, alike=True)
    assert choice.streamed is streamed
    assert ('a third of the 1,200 MiB' in choice.line) == (needed == 401 and begun is None)


@pytest.mark.parametrize(('wish', 'begun'), [('on', False), ('off', True)])
def test_a_run_does_not_go_on_with_data_of_other_bits(wish, begun):
    held = reading.READ if begun else reading.RESIDENT
    with pytest.raises(UserError) as told:
        reading.choose(wish, 1, begun, alike=False)
    assert str(told.value) == (
        f'--stream={wish}: the run began with its data {held}, and the bits differ: '
        '--stream=auto goes on so, --force begins anew'
    )
    for same in ('auto', 'on' if begun else 'off'):
        assert reading.choose(same, 1, begun, alike=False).streamed is begun
    assert reading.choose(wish, 1, None, alike=False).streamed is (wish == 'on')


def test_free_memory_is_some_and_no_more_than_the_machine_has():
    total = reading.os.sysconf('SC_PHYS_PAGES') * reading.os.sysconf('SC_PAGE_SIZE')
    assert 0 < reading.free_bytes() <= total
