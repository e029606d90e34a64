"""Events of MIDI files, byte by byte."""

TEMPO = b'\xff\x51\x03'


def on(pitch, velocity, channel=0):
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch, channel=0):
    return bytes([0x80 | channel, pitch, 0])


def name(text):
    return bytes([0xFF, 3, len(text)]) + text.encode()
