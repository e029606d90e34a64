"""Linen modules: features `[batch, time, features]` and lengths to outputs.

A model is called as `model(x, lengths, keys)`: `keys` is one raw PRNG key per example while
training and None otherwise. It has a field `outputs: int`, which the task binds; `batch_axis` where
it has batch norm; and `convolves = True` as a class variable where it has convolutions, whose steps
are not joined into one program on a CPU. Sequence models return outputs a frame and their lengths.
Models of tokens take whole numbers, `[batch, time]` or `[batch, time, fields]`. Both say
`labels = True`: no experiment trains them yet.
"""

from research.models.cnn1d import CNN1D
from research.models.cnn2d import CNN2D
from research.models.cnn_bigru import CNNBiGRU
from research.models.conformer import ConformerCTC
from research.models.gru import TokenGRU
from research.models.lstm import LSTM
from research.models.mlp import MLP
from research.models.plain_cnn2d import PlainCNN2D
from research.models.resnet import ResNet
from research.models.separable import SeparableCNN
from research.models.token_lstm import TokenLSTM
from research.models.transformer import Transformer

__all__ = [
    'CNN1D',
    'CNN2D',
    'LSTM',
    'MLP',
    'CNNBiGRU',
    'ConformerCTC',
    'PlainCNN2D',
    'ResNet',
    'SeparableCNN',
    'TokenGRU',
    'TokenLSTM',
    'Transformer',
]
