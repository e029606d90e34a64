"""Linen modules: features `[batch, time, features]` and lengths to outputs.

A model is called as `model(x, lengths, keys)`: `keys` is one raw PRNG key per example while
training and None otherwise. It has a field `outputs: int`, which the task binds; `batch_axis` where
it has batch norm; and `convolves = True` as a class variable where it has convolutions, whose steps
are not joined into one program on a CPU. Sequence models return outputs a frame and their lengths.
"""

from research.models.cnn1d import CNN1D
from research.models.cnn2d import CNN2D
from research.models.cnn_bigru import CNNBiGRU
from research.models.lstm import LSTM
from research.models.mlp import MLP
from research.models.plain_cnn2d import PlainCNN2D

__all__ = ['CNN1D', 'CNN2D', 'LSTM', 'MLP', 'CNNBiGRU', 'PlainCNN2D']
