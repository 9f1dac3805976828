"""The characters that stand for bytes in byte-level vocabularies."""


def _byte_symbols():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (byte for byte in range(256) if byte not in printable)
    symbols = {byte: chr(byte) for byte in printable}
    symbols.update((byte, chr(0x100 + place)) for place, byte in enumerate(others))
    return symbols


SYMBOL_OF_BYTE = _byte_symbols()


def spelled(text):
    """Text as a byte-level vocabulary spells it."""
    return "".join(SYMBOL_OF_BYTE[byte] for byte in text.encode())
