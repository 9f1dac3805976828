"""SentencePiece's precompiled character maps, made of a few keys."""

import struct

FIRST_CHILDREN = 256
FIRST_LEAVES = 512
UNITS = 1024
IS_LEAF = 1 << 31
HAS_LEAF = 1 << 8


def map_of_bytes(replacements):
    """One whose keys are single bytes: each text that starts with one becomes its replacement."""
    units = [0] * UNITS
    units[0] = FIRST_CHILDREN << 10
    texts = b""
    for byte, replacement in replacements.items():
        node, leaf = FIRST_CHILDREN ^ byte, FIRST_LEAVES + byte
        units[node] = (node ^ leaf) << 10 | HAS_LEAF | byte
        units[leaf] = IS_LEAF | len(texts)
        texts += replacement.encode() + b"\0"
    return struct.pack(f"<I{UNITS}I", 4 * UNITS, *units) + texts


class _Nodes:
    """Places of a double array, given to nodes of a trie from the root on. A node whose children begin at a place has
    each child at that place with the bits of its label changed."""

    def __init__(self):
        self.units = {0: 0}
        self.next_free = 1

    def place_of_children(self, labels):
        place = self.next_free
        while any(place ^ label in self.units or place ^ label == 0 for label in labels):
            place += 1
        self.next_free = place if len(labels) == 1 else self.next_free
        return place

    def put(self, node, trie, value_of):
        labels = sorted(trie)
        place = self.place_of_children(labels)
        self.units[node] |= (node ^ place) << 10
        for label in labels:
            self.units[place ^ label] = label
        for label in labels:
            child = place ^ label
            if label == 0:
                self.units[node] |= HAS_LEAF
                self.units[child] = IS_LEAF | value_of(trie[0])
            else:
                self.put(child, trie[label], value_of)


def map_of_texts(replacements):
    """One whose keys are texts."""
    texts, places, trie = b"", {}, {}
    for key, replacement in replacements.items():
        if replacement not in places:
            places[replacement] = len(texts)
            texts += replacement.encode() + b"\0"
        node = trie
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[0] = replacement
    nodes = _Nodes()
    nodes.put(0, trie, places.get)
    size = max(nodes.units) + 256
    return struct.pack(f"<I{size}I", 4 * size, *(nodes.units.get(place, 0) for place in range(size))) + texts
