# SPDX-License-Identifier: Apache-2.0

"""Statistics of repeated measurements: the median and the spread."""

import math
import statistics


def spread(values):
    """The median, and what one in ten is below and above."""
    values = sorted(values)
    last = len(values) - 1
    return {
        "median": statistics.median(values),
        "p10": values[round(last * 0.1)],
        "p90": values[round(last * 0.9)],
        "count": len(values),
    }


def ratios(ours, theirs):
    """The ratios of the same rounds, without the rounds that lack a figure."""
    pairs = zip(ours, theirs, strict=True)
    return [our / their for our, their in pairs if our is not None and their is not None]


def ratio(ours, theirs):
    """The spread of the ratios of the same rounds."""
    return spread(ratios(ours, theirs))


def interval(values):
    """The 95 % interval of the median by order statistics, or all values if there are too few."""
    values, chance, rank = sorted(values), 0.0, 0
    while rank < len(values) // 2:
        chance += math.comb(len(values), rank) / 2 ** len(values)
        if chance > 0.025:
            break
        rank += 1
    last = len(values) - 1
    rank = max(rank - 1, 0)
    return values[rank], values[last - rank]
