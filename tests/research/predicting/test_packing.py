import numpy as np
import soundfile

from research.frontends import LogMel
from research.listening import Listener, windows
from research.models import MLP
from research.predicting.packing import End, Said, hear
from research.predicting.places import Place
from research.reach import Reach

RATE_HZ, SIZE = 8_000, 4_000


class Counting(Listener):
    """Says how loud windows are, and counts what it is asked."""

    def __init__(self):
        self.rate_hz, self.size, self.batch = RATE_HZ, SIZE, 4
        self.asked = []

    def predict(self, samples, valid):
        self.asked.append(len(valid))
        return {
            'power': np.square(samples).sum(axis=1),
            'valid': valid,
            'slot': np.arange(len(valid)),
        }


def write(folder, lengths):
    places, sounds = [], []
    for number, length in enumerate(lengths):
        samples = np.random.default_rng(number).integers(-9_000, 9_000, length).astype(np.int16)
        path = folder / f'{number}.wav'
        soundfile.write(path, samples, RATE_HZ)
        places.append(Place(path.name, path))
        sounds.append(samples.astype(np.float32) / 32768)
    return places, sounds


def run(places, watch=lambda place, share, seconds: None, slot=0):
    listener = Counting()
    frontend = LogMel(rate_hz=RATE_HZ, n_fft=256, hop=128, n_mels=8, center=False)

    def cut(blocks):
        return windows(blocks, SIZE, SIZE)

    reach = Reach(frontend, MLP(outputs=1), SIZE)
    return listener, list(hear(places, listener, reach, cut, watch, slot))


def test_short_files_share_batches_and_keep_their_order(tmp_path):
    lengths = [3_000, 9_500, 4_000, 700, 12_000]
    places, sounds = write(tmp_path, lengths)
    listener, parts = run(places)
    assert listener.asked == [4, 4, 1]
    wanted = []
    for place, samples in zip(places, sounds, strict=True):
        for start in range(0, len(samples), SIZE):
            wanted.append((start, np.square(samples[start : start + SIZE]).sum()))
        wanted.append(place)
    for part, want in zip(parts, wanted, strict=True):
        if isinstance(part, End):
            assert part.place == want
            assert part.error == ''
        else:
            assert part.start == want[0]
            np.testing.assert_allclose(part.arrays['power'], want[1], rtol=1e-5)
    ends = [part.length_s for part in parts if isinstance(part, End)]
    np.testing.assert_allclose(ends, np.array(lengths) / RATE_HZ)


def test_files_without_an_answer_end_with_the_reason_and_the_others_go_on(tmp_path):
    places, _ = write(tmp_path, [5_000, 200, 5_000])
    cut = tmp_path / 'cut.flac'
    noise = np.random.default_rng(0).integers(-9_000, 9_000, 400_000).astype(np.int16)
    soundfile.write(cut, noise, RATE_HZ)
    cut.write_bytes(cut.read_bytes()[:500_000])
    gone = Place('gone', tmp_path / 'gone', 'a link that leads nowhere')
    absent = Place('absent.wav', tmp_path / 'absent.wav')
    _, parts = run([places[0], Place('cut.flac', cut), places[1], gone, absent, places[2]])
    errors = [part.error for part in parts if isinstance(part, End)]
    assert errors[0] == errors[5] == ''
    assert 'cut short' in errors[1] or 'not readable' in errors[1]
    assert errors[2] == ('0.025 s: too short for a single frame of the model, which takes 0.032 s')
    assert errors[3] == 'a link that leads nowhere'
    assert 'No such file' in errors[4]


def test_progress_is_told_block_by_block(tmp_path):
    places, _ = write(tmp_path, [RATE_HZ * 60, 100])
    seen = []
    run(places, lambda place, share, seconds: seen.append((place.name, share, seconds)))
    shares = [share for name, share, _ in seen if name == '0.wav']
    assert shares == sorted(shares)
    assert len(shares) >= 2
    assert seen[len(shares) - 1][1:] == (1.0, 60.0)


def test_what_is_said_of_a_window_does_not_keep_its_batch(tmp_path):
    _, parts = run(write(tmp_path, [9_500])[0])
    for part in parts:
        if isinstance(part, Said):
            assert part.arrays['power'].base is None


def test_who_goes_on_after_any_file_has_each_window_at_the_same_slot_of_a_batch(tmp_path):
    places, _ = write(tmp_path, [3_000, 9_500, 200, 4_000, 700, 12_000, 8_000])
    places.insert(3, Place('gone', tmp_path / 'gone', 'a link that leads nowhere'))
    _, parts = run(places)
    told = [part if isinstance(part, End) else (part.start, part.arrays) for part in parts]
    ends = [(number, part) for number, part in enumerate(parts) if isinstance(part, End)]
    assert {end.slot for _, end in ends} == {0, 1, 2, 3}
    for file, (number, end) in enumerate(ends, start=1):
        _, rest = run(places[file:], slot=end.slot)
        again = [part if isinstance(part, End) else (part.start, part.arrays) for part in rest]
        assert again == told[number + 1 :]
