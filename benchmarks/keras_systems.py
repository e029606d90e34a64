"""The published models in Keras, trained on what stands in a folder; a child of benchmarks.systems.

    python -m benchmarks.keras_systems FOLDER

Reads lines 'NAME SECONDS' from standard input. For each it trains the model NAME on the arrays of
FOLDER/NAME.npz for about so many seconds, past the first, compiling, pass, and writes one line of
JSON: steps, seconds, parameters. Wants TensorFlow: requirements-benchmarks.txt.
"""

# TensorFlow is no part of the running set, nor of the one that checks types.
# pyright: reportMissingImports=false

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

Arrays = dict[str, np.ndarray]


def classifier(layers: list[Any], arrays: Arrays, optimizer: Any) -> Any:
    """A softmax over the classes behind these layers."""
    import keras

    outputs = keras.layers.Dense(int(arrays['outputs']), activation='softmax')
    model = keras.Sequential([keras.Input(arrays['x'].shape[1:]), *layers, outputs])
    model.compile(optimizer, 'sparse_categorical_crossentropy', metrics=['accuracy'])
    return model


def genre_cnn1d(arrays: Arrays) -> Any:
    from keras import layers, optimizers

    blocks: list[Any] = []
    for level in range(7):
        blocks += [
            layers.Conv1D(64 * 2**level, 3, activation='relu'),
            layers.BatchNormalization(),
            layers.MaxPool1D(2),
        ]
    blocks.append(layers.GlobalMaxPool1D())
    for _ in range(2):
        blocks += [layers.Dense(256, activation='relu'), layers.Dropout(0.5)]
    return classifier(blocks, arrays, optimizers.Adam(1e-4))


def genre_cnn2d(arrays: Arrays) -> Any:
    from keras import layers, optimizers

    blocks: list[Any] = [layers.Reshape((*arrays['x'].shape[1:], 1))]
    for kernel in (3, 3, 2):
        blocks += [
            layers.Conv2D(32, kernel, activation='relu'),
            layers.MaxPool2D(3, 2, padding='same'),
            layers.BatchNormalization(),
        ]
    blocks += [layers.Dropout(0.3), layers.Flatten(), layers.Dense(64, activation='relu')]
    return classifier(blocks, arrays, optimizers.RMSprop(1e-3))


def genre_mlp(arrays: Arrays) -> Any:
    from keras import layers, optimizers

    dense = [layers.Dense(width, activation='relu') for width in (512, 512, 256, 128, 64)]
    return classifier([layers.Flatten(), *dense], arrays, optimizers.Adam(1e-3))


def genre_lstm(arrays: Arrays) -> Any:
    from keras import layers, optimizers

    blocks = [
        layers.LSTM(64, return_sequences=True),
        layers.LSTM(64),
        layers.Dense(64, activation='relu'),
        layers.Dropout(0.3),
    ]
    return classifier(blocks, arrays, optimizers.Adam(1e-3))


def tracks_cnn2d(arrays: Arrays) -> Any:
    from keras import layers, optimizers

    channels = [int(each) for each in arrays['channels']]
    pools = [int(each) for each in arrays['pools']]
    blocks: list[Any] = [layers.Reshape((*arrays['x'].shape[1:], 1))]
    for width, pool in zip(channels, pools, strict=True):
        blocks.append(layers.Conv2D(width, 3, activation='relu'))
        blocks += [layers.MaxPool2D(pool)] if pool > 1 else []
    blocks.append(layers.Flatten())
    blocks += [layers.Dense(int(width), activation='relu') for width in arrays['dense']]
    return classifier(blocks, arrays, optimizers.RMSprop(1e-3))


def capuchin_cnn2d(arrays: Arrays) -> Any:
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input(arrays['x'].shape[1:]),
            layers.Reshape((*arrays['x'].shape[1:], 1)),
            layers.Conv2D(16, 3, activation='relu'),
            layers.Conv2D(16, 3, activation='relu'),
            layers.Flatten(),
            layers.Dense(1, activation='sigmoid'),
        ]
    )
    model.compile('adam', 'binary_crossentropy', metrics=['recall', 'precision'])
    return model


def notes_lstm(arrays: Arrays) -> Any:
    from keras import layers, optimizers

    return classifier([layers.LSTM(256), layers.Dropout(0.3)], arrays, optimizers.Adam(1e-3))


def speech_cnn_bigru(arrays: Arrays) -> Any:
    import keras
    from keras import layers

    blocks: list[Any] = [layers.BatchNormalization()]
    for _ in range(2):
        blocks += [layers.Conv1D(220, 11, 2, activation='relu'), layers.BatchNormalization()]
    model = keras.Sequential(
        [
            keras.Input(arrays['x'].shape[1:]),
            *blocks,
            layers.Bidirectional(layers.GRU(512, return_sequences=True)),
            layers.BatchNormalization(),
            layers.Dense(int(arrays['outputs'])),
        ]
    )
    # Its blank is 0, as ours is, and labels are padded with it.
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.CTC())
    return model


MODELS: dict[str, Callable[[Arrays], Any]] = {
    build.__name__: build
    for build in (
        genre_cnn1d,
        genre_cnn2d,
        genre_mlp,
        genre_lstm,
        tracks_cnn2d,
        capuchin_cnn2d,
        notes_lstm,
        speech_cnn_bigru,
    )
}


def main(folder: Path) -> None:
    held: dict[str, tuple[Any, Arrays]] = {}
    for line in sys.stdin:
        name, seconds = line.split()
        if name not in held:
            with np.load(folder / f'{name}.npz') as file:
                arrays = {each: file[each] for each in file.files}
            model = MODELS[name](arrays)
            fit(model, arrays)
            held = {name: (model, arrays)}  # one at a time, so that memory is not what is timed
        model, arrays = held[name]
        steps, began = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < float(seconds):
            steps += fit(model, arrays)
        said = {'steps': steps, 'seconds': elapsed, 'parameters': model.count_params()}
        print(json.dumps(said), flush=True)


def fit(model: Any, arrays: Arrays) -> int:
    """One pass; how many steps it had."""
    size = int(arrays['batch'])
    model.fit(arrays['x'], arrays['y'], batch_size=size, verbose=0)
    return -(-len(arrays['x']) // size)


if __name__ == '__main__':
    main(Path(sys.argv[1]))
