#!/usr/bin/env python3
"""Writes tests/data/pytorch/state_dict.bin, laid out as torch.save(model.state_dict()) does.

Needs no PyTorch: stand-ins for its classes have the names that Python's pickle writes down, so the pickle is
Python's own, and the archive has the records, the order and the alignment of PyTorch 1.13.
"""

import collections
import io
import pathlib
import pickle
import struct
import sys
import types
import zipfile

ALIGNMENT = 64
torch = types.ModuleType("torch")
torch._utils = types.ModuleType("torch._utils")
sys.modules.update({"torch": torch, "torch._utils": torch._utils})


def storage_type(name, code):
    torch.__dict__[name] = type(name, (), {"__module__": "torch", "code": code})
    return torch.__dict__[name]


FloatStorage = storage_type("FloatStorage", "f")
HalfStorage = storage_type("HalfStorage", "e")
BFloat16Storage = storage_type("BFloat16Storage", "H")  # its values are given as bits
LongStorage = storage_type("LongStorage", "q")


def rebuild(name):
    def function(*arguments):
        raise NotImplementedError

    function.__module__, function.__name__, function.__qualname__ = "torch._utils", name, name
    setattr(torch._utils, name, function)
    return function


rebuild_tensor = rebuild("_rebuild_tensor_v2")
rebuild_parameter = rebuild("_rebuild_parameter")


class Storage:
    def __init__(self, key, kind, values):
        self.key, self.kind, self.values = str(key), kind, values

    def data(self):
        return struct.pack(f"<{len(self.values)}{self.kind.code}", *self.values)


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce_ex__(self, protocol):
        return rebuild_tensor, self.arguments


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce_ex__(self, protocol):
        return rebuild_parameter, (self.tensor, True, collections.OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, Storage):
            return "storage", value.kind, value.key, "cpu", len(value.values)
        return None


def main():
    storages = [
        Storage(0, FloatStorage, [0.5 * i for i in range(12)]),
        Storage(1, HalfStorage, [1.0, -2.0, 0.5]),
        Storage(2, BFloat16Storage, [0x3F80, 0xC000]),
        Storage(3, LongStorage, list(range(5))),
        Storage(4, FloatStorage, [7.25]),
    ]
    state = collections.OrderedDict()
    state["embeddings.position_ids"] = Tensor(storages[3], 0, (1, 5), (5, 1))
    state["table"] = Tensor(storages[0], 0, (3, 4), (4, 1))
    state["tied"] = Tensor(storages[0], 0, (3, 4), (4, 1))
    state["transposed"] = Tensor(storages[0], 0, (4, 3), (1, 4))
    state["last_row"] = Tensor(storages[0], 8, (4,), (1,))
    state["half"] = Tensor(storages[1], 0, (3,), (1,))
    state["bfloat16"] = Tensor(storages[2], 0, (2,), (1,))
    state["parameter"] = Parameter(Tensor(storages[4], 0, (1, 1), (1, 1)))
    state["scalar"] = Tensor(storages[4], 0, (), ())
    state["empty"] = Tensor(storages[4], 0, (0, 3), (3, 1))
    metadata = collections.OrderedDict()
    metadata[""] = {"version": 1}
    metadata["embeddings"] = {"version": 1}
    state._metadata = metadata

    buffer = io.BytesIO()
    Pickler(buffer, protocol=2).dump(state)
    records = [("data.pkl", buffer.getvalue())]
    records += [(f"data/{storage.key}", storage.data()) for storage in storages]
    records.append(("version", b"3\n"))

    path = pathlib.Path(__file__).parents[2] / "data" / "pytorch" / "state_dict.bin"
    with open(path, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in records:
            entry = zipfile.ZipInfo(f"archive/{name}", (1980, 1, 1, 0, 0, 0))
            start = stream.tell() + 30 + len(entry.filename) + 4
            padding = -start % ALIGNMENT
            entry.extra = b"FB" + struct.pack("<H", padding) + b"Z" * padding
            archive.writestr(entry, data)


if __name__ == "__main__":
    main()
