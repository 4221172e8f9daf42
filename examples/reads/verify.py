#!/usr/bin/env python3
"""Check the records of reads without the program that wrote them.

    sanping reads export | python3 verify.py [NUMBER:HASH ...]

Each line is an entry as a JSON object. The hash of an entry is the SHA-256 over the 32 bytes of the hash before it (32 zeros
before the first) and eleven fields, each as its length in bytes, a colon, the bytes and a comma; what is not there is empty.
docs/reads.md tells the fields. Prints the number and hash of the last entry; ends with 1 and says where, if something is not as
it should be or an entry that was noted is not there. Needs nothing but Python 3.8 or later.
"""

import hashlib
import json
import sys


def text(value):
    return "" if value is None else str(value)


def fields(entry):
    return [
        "sanping read 1",
        text(entry["number"]),
        text(entry["at"]),
        text(entry["viewer"]),
        text(entry["what"]),
        text(entry["subjectKind"]),
        ",".join(entry["subjects"]),
        text(entry["asOf"]),
        text(entry["denied"]),
        text(entry["purpose"]),
        text(entry["reference"]),
    ]


def chained(before, entry):
    hashed = hashlib.sha256(before)
    for field in fields(entry):
        encoded = field.encode("utf-8")
        hashed.update(b"%d:%s," % (len(encoded), encoded))
    return hashed.digest()


def main(noted):
    number, before = 0, bytes(32)
    noted = dict(one.split(":") for one in noted)
    for line in sys.stdin:
        entry = json.loads(line)
        number += 1
        if entry["number"] != number:
            return "entry %d is missing" % number
        before = chained(before, entry)
        if before.hex() != entry["hash"]:
            return "entry %d does not follow from what is before it" % number
        if noted.pop(str(number), entry["hash"]) != entry["hash"]:
            return "entry %d is not the one that was noted" % number
    if noted:
        return "what was noted is missing: %s" % ", ".join(sorted(noted))
    print("%d:%s" % (number, before.hex()))
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
