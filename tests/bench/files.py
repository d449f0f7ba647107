#!/usr/bin/env python3
"""Makes what is measured with, on the volume that is measured.

    files.py dense FILE BYTES             bytes of chance, all on the disk
    files.py islands FILE BYTES COUNT LENGTH
                                          a sparse file, COUNT times LENGTH
                                          bytes in it, evenly
    files.py extents FILE BYTES LENGTH    one extent for each LENGTH bytes: the
                                          clusters of one piece, again and again
    files.py comb FILE COUNT              COUNT extents of one cluster, a hole
                                          behind each
    files.py tree FOLDER COUNT LOW HIGH   COUNT files of LOW to HIGH bytes, a
                                          hundred to a folder

Chance is the same in every run. XFS: FICLONERANGE makes the extents.
"""
import fcntl
import os
import random
import struct
import sys

FICLONERANGE = 0x4020940D
PIECE = 16 << 20


def chance(length):
    return random.Random(length).randbytes(length)


def mark_sparse(path):
    """The sparse attribute as the test bridge keeps it."""
    os.setxattr(path, "user.reflink.sparse", b"1")


def write_dense(file, length):
    piece = chance(min(length, PIECE))
    while length > 0:
        length -= file.write(piece[:length])


def dense(path, length):
    with open(path, "wb") as file:
        write_dense(file, length)
        os.fsync(file.fileno())


def islands(path, size, count, length, flagged=1):
    data = chance(length)
    with open(path, "wb") as file:
        file.truncate(size)
        for number in range(count):
            at = size // count * number // 65536 * 65536
            os.pwrite(file.fileno(), data, at)
        os.fsync(file.fileno())
    if flagged:
        mark_sparse(path)


def extents(path, size, length):
    donor = path + ".donor"
    dense(donor, length)
    with open(donor, "rb") as source, open(path, "wb") as file:
        for at in range(0, size, length):
            request = struct.pack("qQQQ", source.fileno(), 0, length, at)
            fcntl.ioctl(file.fileno(), FICLONERANGE, request)
        os.fsync(file.fileno())
    os.remove(donor)


def comb(path, count, cluster=4096):
    data = chance(cluster)
    with open(path, "wb") as file:
        file.truncate(count * 2 * cluster)
        for number in range(count):
            os.pwrite(file.fileno(), data, number * 2 * cluster)
        os.fsync(file.fileno())
    mark_sparse(path)


def tree(folder, count, low, high):
    sizes = random.Random(count)
    data = chance(high)
    for number in range(count):
        inner = os.path.join(folder, str(number // 100))
        os.makedirs(inner, exist_ok=True)
        with open(os.path.join(inner, str(number)), "wb") as file:
            file.write(data[: sizes.randint(low, high)])
    os.sync()


def main():
    makers = (dense, islands, extents, comb, tree)
    made = {maker.__name__: maker for maker in makers}
    kind, path, *numbers = sys.argv[1:]
    made[kind](path, *map(int, numbers))


main()
