"""Linen modules, and a forest: features `[batch, time, features]` and lengths to outputs.

A model is called as `model(x, lengths, keys)`: `keys` is one raw PRNG key per example while
training and None otherwise. It has a field `outputs: int`, which the task binds; `batch_axis` where
it has batch norm; and `convolves = True` as a class variable where it has convolutions, whose steps
are not joined into one program on a CPU. Sequence models return outputs a frame and their lengths;
a model whose layers leave fewer frames than it is given says how many (`layers.leave`).
Models of tokens take windows, `[batch, time]` or `[batch, time, fields]`, and give logits of their
last tokens, each told from those before it, and lengths.
"""

from research.models.cnn1d import CNN1D
from research.models.cnn2d import CNN2D
from research.models.cnn_bigru import CNNBiGRU
from research.models.conformer import ConformerCTC
from research.models.forest import Forest
from research.models.frame_gru import FrameGRU
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
    'Forest',
    'FrameGRU',
    'PlainCNN2D',
    'ResNet',
    'SeparableCNN',
    'TokenGRU',
    'TokenLSTM',
    'Transformer',
]
