import pytest

from data_prep.sources.pieces import pieces

VARIANTS = [
    'La Paloma.1',
    'La Paloma (2)',
    'la_paloma_v2',
    'LA PALOMA version 3',
    'La Paloma - Karaoke',
    'La Paloma - Copy (2)',
    'La Páloma!',
    'La Paloma (arr. A. Somebody)',
    'La Paloma [live]',
    'la_paloma_piano',
    'La Paloma (in G)',
    'La Paloma - B flat minor',
    'La Paloma_Am',
    '01 - La Paloma',
    '01_la_paloma',
    '1. La Paloma',
    'La Paloma (Karaoke Version) (2)',
    'The La Paloma',
    'La Paloma, The',
]
WEAK = ['La Paloma 2', 'la_paloma_2', 'La Paloma #4', 'La Paloma in Bb', 'La Paloma in G minor']


@pytest.mark.parametrize('name', VARIANTS)
def test_variants_are_one_piece_whether_or_not_the_plain_name_is_there(name):
    assert pieces([name]) == ['la paloma']


@pytest.mark.parametrize('name', WEAK)
def test_bare_numbers_and_keys_are_left_out_only_beside_the_plain_name(name):
    assert pieces([name, 'La Paloma']) == ['la paloma', 'la paloma']
    [alone] = pieces([name])
    assert alone != 'la paloma'


@pytest.mark.parametrize(
    'names',
    [
        ('Study 1', 'Study 2'),
        ('prelude.3.1 x', 'prelude.3.2 x'),
        ('set.3.1', 'set.3.2'),
        ('Nocturne Op.9', 'Nocturne Op.15'),
        ('Sonata K.5', 'Sonata K.6'),
        ('Barcarolle Op. 9', 'Barcarolle'),
        ('Symphony No. 5', 'Symphony No. 6'),
        ('ashover1', 'ashover2'),
        ('bwv1.6', 'bwv10.7'),
        ('Study in C', 'Study in D'),
        ('Long Live', 'Long'),
        ('99 Luftballons', 'Luftballons'),
        ('晴天', '七里香'),
    ],
)
def test_other_names_are_other_pieces(names):
    one, other = pieces(names)
    assert one
    assert other
    assert one != other


def test_letters_of_any_script_and_form_count():
    assert pieces(['晴天', '晴天 (2)']) == ['晴天', '晴天']
    assert len(set(pieces(['Ca\u0301', 'Cá', 'ca']))) == 1


@pytest.mark.parametrize(
    'name', ['001', 'track 3', 'Track07', 'Untitled (2)', '', '...', '1.2', 'III. Allegro']
)
def test_names_that_say_nothing_are_no_piece(name):
    assert pieces([name]) == ['']
