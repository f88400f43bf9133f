"""What is said of many measurements of the same: the middle, and where most of them are."""

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


def ratio(ours, theirs):
    """The spread of the ratios of what was measured in the same round."""
    return spread([our / their for our, their in zip(ours, theirs, strict=True)])
