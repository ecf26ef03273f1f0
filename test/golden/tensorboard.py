"""Golden bytes for src/learning/training/tensorboard.ts: python3 tensorboard.py > tensorboard.json.

Written after event.proto, summary.proto and record_writer.cc of TensorFlow, with nothing but the standard library: the
checksum bit by bit, the messages by hand.
"""

import json
import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            low = (crc ^ (byte >> bit)) & 1
            crc = (crc >> 1) ^ (0x82F63B78 if low else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17 & 0xFFFFFFFF)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data):
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(value):
    out = b""
    while value >= 128:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def event(tag, step, value):
    tag = tag.encode()
    point = b"\x0a" + varint(len(tag)) + tag + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + varint(len(point)) + point
    return b"\x10" + varint(step) + b"\x2a" + varint(len(summary)) + summary


scalars = [["loss", 1, 0.6931], ["accuracy", 1, 0.5], ["loss", 300, 1e-9], ["t" * 200, 2, -3.5]]
# RFC 3720's example, and what the files of TensorFlow itself begin with: a first event of 24 bytes.
assert crc32c(b"123456789") == 0xE3069283
assert masked(struct.pack("<Q", 24)).hex() == "a37f4b22"
content = record(b"\x1a" + varint(13) + b"brain.Event:2") + b"".join(record(event(*scalar)) for scalar in scalars)
print(json.dumps({"scalars": scalars, "hex": content.hex()}))
