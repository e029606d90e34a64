"""How hard the embedded calls are for simple classifiers, by four folds of whole recordings.

    python -m data_prep synthetic_calls
    python -m benchmarks.calls --data_dir=data

A random forest on statistics of log-mel bands, beside classifiers that know the level alone: what
these tell, a network need not have learnt about calls.
"""

import datetime
from pathlib import Path

import librosa
import numpy as np
from absl import app, flags, logging
from jaxtyping import Float
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import data_prep
from research import corpora

DATA_DIR = flags.DEFINE_string('data_dir', 'data', 'where the corpus was prepared')
CORPUS = flags.DEFINE_string('corpus', 'synthetic_calls', 'with the columns of capuchin')


def main(argv: list[str]) -> None:
    if argv[1:]:
        raise app.UsageError(f'{argv[1]}: no arguments are taken')
    logging.set_verbosity(logging.WARNING)
    directory = data_prep.prepared(CORPUS.value, DATA_DIR.value)
    if directory is None:
        raise app.UsageError(f'first: python -m data_prep {CORPUS.value}')
    corpus = corpora.open_corpus(Path(directory))
    clips = np.flatnonzero(corpus.columns['kind'] == 'clip')
    sounds = corpus.audio(list(clips))
    rates_hz = corpus.rates_hz[clips].tolist()
    told = [describe(s / 32768, rate) for s, rate in zip(sounds, rates_hz, strict=True)]
    bands = np.stack([each for each, _ in told])
    levels: np.ndarray = np.stack([each for _, each in told])
    calls, groups = corpus.targets[clips] == 1, corpus.columns['recording'][clips]
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    rows = {
        'random forest, log-mel statistics': (RandomForestClassifier(300, random_state=0), bands),
        'logistic regression, level of a band': (linear, levels),
        'logistic regression, RMS': (linear, levels[:, :1]),
    }
    print(f'{datetime.date.today()}, {CORPUS.value}, {len(clips)} clips')
    print(f'{"":40}{"accuracy":>10}{"ROC AUC":>10}')
    for name, (model, features) in rows.items():
        folds = GroupKFold(4)
        found: np.ndarray = cross_val_predict(  # pyright: ignore
            model, features, calls, groups=groups, cv=folds, method='predict_proba'
        )
        score = found[:, 1]
        accuracy = np.mean((score > 0.5) == calls)
        print(f'{name:40}{accuracy:10.1%}{roc_auc_score(calls, score):10.3f}')


def describe(sound: Float[np.ndarray, ' samples'], rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """[256]: mean, spread, 90th and 10th percentile of 64 log-mel bands; [4]: levels in dB.

    Levels: RMS; mean, peak and rise over the median of the band from 200 to 2,000 Hz.
    """
    power = np.abs(librosa.stft(sound, n_fft=1024)) ** 2
    mel = librosa.feature.melspectrogram(
        y=sound, sr=rate_hz, n_mels=64, n_fft=1024, hop_length=512, fmax=8000
    )
    log_mel = librosa.power_to_db(mel)
    spread = np.percentile(log_mel, [90, 10], axis=1)
    hertz = librosa.fft_frequencies(sr=rate_hz, n_fft=1024)
    inside = power[(hertz > 200) & (hertz < 2000)].sum(axis=0)
    band = 10 * np.log10(inside + 1e-12)
    rms = 20 * np.log10(sound.std())
    levels = np.array([rms, band.mean(), band.max(), band.max() - np.median(band)])
    return np.concatenate([log_mel.mean(axis=1), log_mel.std(axis=1), *spread]), levels


if __name__ == '__main__':
    app.run(main)
