# SPDX-License-Identifier: Apache-2.0
"""Random legal profiles, as their bytes: the same seed makes the same. What is legal and unusual is
in them: any order on the wire, numbers packed and not, unknown fields, sparse ids, negative values,
labels with units, many mappings."""

import gzip
import random


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


class Maker:
    def __init__(self, seed, mergeable=False, usual=False):
        self.random = random.Random(seed)
        self.usual = usual  # in the order in which programs write
        self.mergeable = mergeable
        self.texts = [b""]

    def text(self, value):
        value = value.encode() if isinstance(value, str) else value
        if value not in self.texts:
            self.texts.append(value)
        return self.texts.index(value)

    def message(self, fields):
        """Fields in any order where that means nothing, with unknown ones between."""
        fields = list(fields)
        if self.random.random() < 0.3:
            self.random.shuffle(fields)
        if self.random.random() < 0.2:
            unknown = self.random.choice([
                number(self.random.randrange(20, 90), self.random.getrandbits(60)),
                data(self.random.randrange(20, 90), b"\xff\x80 unknown"),
                varint(33 << 3 | 1) + b"12345678", varint(34 << 3 | 5) + b"1234"])
            fields.insert(self.random.randrange(len(fields) + 1), unknown)
        return b"".join(fields)

    def numbers(self, field, values):
        """A repeated number: packed, not packed, or both."""
        values = list(values)
        way = self.random.randrange(4)
        if way == 0:
            return [b"".join(number(field, value) for value in values)]
        if way == 1 and len(values) > 1:
            half = len(values) // 2
            return [data(field, b"".join(map(varint, values[:half])))
                    + b"".join(number(field, value) for value in values[half:])]
        return [data(field, b"".join(map(varint, values)))]

    def ids(self, count):
        draw = self.random
        if draw.random() < 0.5:
            return list(range(1, count + 1))
        most = draw.choice([count * 2 + 2, 1 << 20, (1 << 64) - 1])
        found = set()
        while len(found) < count:
            found.add(draw.randrange(1, most + 1))
        ids = list(found)
        draw.shuffle(ids)
        return ids

    def type(self, type_name, unit):
        return self.message([number(1, self.text(type_name)), number(2, self.text(unit))])

    def label(self):
        draw = self.random
        key = number(1, self.text(draw.choice(["bytes", "user", "request", "\u00e9", "k" * 40])))
        if draw.random() < 0.5:
            return self.message([key, number(2, self.text(draw.choice(["a", "b", "of it", "\n"])))])
        fields = [key, number(3, draw.choice([1, 2, 4096, -7, 1 << 40]))]
        if draw.random() < 0.5:
            fields.append(number(4, self.text(draw.choice(["bytes", "ms"]))))
        return self.message(fields)

    def make(self):
        draw = self.random
        many = draw.choice([2, 5, 20, 60])
        maps, functions, locations = (self.ids(draw.randrange(0, 6)), self.ids(draw.randrange(1, many)),
                                      self.ids(draw.randrange(1, many)))
        types = 2 if self.mergeable else draw.randrange(1, 5)
        fields = []
        for i in range(types):
            fields.append(data(1, self.type(f"type{i}", draw.choice(["count", "bytes"])
                                            if not self.mergeable else "count")))
        period = data(11, self.type("space", "bytes"))
        for _ in range(draw.randrange(0, many)):
            values = [draw.choice([0, 1, 5, 1 << 30, -3, draw.randrange(-9999, 9999)])
                      for _ in range(types)]
            stack = [draw.choice(locations) for _ in range(draw.randrange(0, 30))]
            labels = [data(3, self.label()) for _ in range(draw.choice([0, 0, 1, 3]))]
            parts = (self.numbers(1, stack) if stack else []) + self.numbers(2, values)
            if draw.random() < 0.3:
                parts.reverse()
            fields.append(data(2, b"".join(parts + labels)))
        for i in maps:
            start = draw.randrange(1, 1 << 20) * 4096
            fields.append(data(3, self.message([
                number(1, i), number(2, start), number(3, start + draw.randrange(1, 9) * 1000),
                number(4, draw.choice([0, 4096])), number(5, self.text(draw.choice(["", "/bin/shop", "/lib/c.so"]))),
                number(6, self.text(draw.choice(["", "abcdef"]))), number(7, draw.randrange(2)),
                number(9, draw.randrange(2))])))
        for i in locations:
            lines = [data(4, self.message([number(1, draw.choice(functions)), number(2, draw.randrange(-2, 500))]))
                     for _ in range(draw.choice([0, 1, 1, 1, 2, 5]))]
            parts = [number(1, i), number(3, draw.choice([0, draw.getrandbits(40)]))]
            if maps and draw.random() < 0.7:
                parts.append(number(2, draw.choice(maps)))
            if draw.random() < 0.1:
                parts.append(number(5, 1))
            fields.append(data(4, b"".join(parts + lines)))
        for i in functions:
            name = f"main.f{draw.randrange(many)}"
            fields.append(data(5, self.message([
                number(1, i), number(2, self.text(name)), number(3, self.text(name)),
                number(4, self.text("/src/main.go")), number(5, draw.randrange(3))])))
        fields.append(period)
        fields.append(number(12, draw.randrange(1, 1 << 20)))
        if draw.random() < 0.7:
            fields.append(number(9, draw.randrange(1, 1 << 62)))
        if draw.random() < 0.5:
            fields.append(number(10, draw.randrange(1, 1 << 40)))
        if draw.random() < 0.3:
            fields += [number(7, self.text("runtime.*")), number(8, self.text("main.*"))]
        if draw.random() < 0.3:
            fields += self.numbers(13, [self.text("said"), self.text("by nobody")])
        if draw.random() < 0.3:
            fields.append(number(14, self.text("type0")))
        texts = [data(6, text) for text in self.texts]
        way = draw.randrange(3)
        if way == 0 or self.usual:
            whole = fields + texts
        elif way == 1:
            whole = texts + fields
        else:
            # Any order that keeps each kind's own.
            kinds = {}
            for field in fields:
                kinds.setdefault(field[0] >> 3, []).append(field)
            kinds[6] = texts
            whole = []
            while kinds:
                kind = draw.choice(sorted(kinds))
                whole.append(kinds[kind].pop(0))
                if not kinds[kind]:
                    del kinds[kind]
        return b"".join(whole)


def make(seed, mergeable=False):
    return Maker(seed, mergeable).make()


def packed(payload, seed):
    return gzip.compress(payload, 6, mtime=0) if seed % 3 else payload
