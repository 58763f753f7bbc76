/** What the FGD paper draws: allocated GPU over the GPU that was asked for so far, in per cent of all cards (its Fig. 9a). */

/** After each task, placed or not; all in thousandths of cards. */
export interface AllocationEvents {
  readonly arrived: Float64Array;
  readonly allocated: Float64Array;
  /** Idle GPU, and what of it is a fragment. */
  readonly idle: Float64Array;
  readonly fragment: Float64Array;
}

export const mostPercent = 130;

/** Row `p` is for p per cent asked for, 0 to 130. Values in per cent: of all cards, and of idle GPU; null where no task came near. */
export interface AllocationCurve {
  /** GPU allocated. */
  readonly allocated: readonly (number | null)[];
  /** Of the idle GPU, what is a fragment. */
  readonly fragmentOfIdle: readonly (number | null)[];
}

/**
 * As the artifact's scripts compute it (scripts/analysis.py): each task counts at the whole per cent that it reaches, in per cent with two
 * decimals; the curve is the mean there, with two decimals, or where no task is, the mean of those one per cent away.
 */
export function allocationCurve(
  { arrived, allocated, idle, fragment }: AllocationEvents,
  cards: number,
): AllocationCurve {
  const reached = Array.from(arrived, (each) => roundHalfEven(each / cards / 10, 0));
  const curve = (values: readonly number[]): (number | null)[] => {
    const sums = Array.from({ length: mostPercent + 2 }, () => ({ sum: 0, count: 0 }));
    values.forEach((value, index) => {
      const at = sums[reached[index]!];
      if (at === undefined) return;
      at.sum += value;
      at.count++;
    });
    return Array.from({ length: mostPercent + 1 }, (_, percent) => {
      const near = sums[percent]!.count > 0 ? [sums[percent]!] : sums.slice(Math.max(0, percent - 1), percent + 2);
      const count = near.reduce((soFar, each) => soFar + each.count, 0);
      return count === 0 ? null : roundHalfEven(near.reduce((soFar, each) => soFar + each.sum, 0) / count, 2);
    });
  };
  return {
    allocated: curve(Array.from(allocated, (each) => roundHalfEven(each / cards / 10, 2))),
    fragmentOfIdle: curve(
      Array.from(fragment, (each, index) => (idle[index] === 0 ? 0 : roundHalfEven((100 * each) / idle[index]!, 2))),
    ),
  };
}

/** As Python's `round`: to the nearest decimal number, and of two equally near ones to the even one. For values of at least 0. */
export function roundHalfEven(value: number, digits: 0 | 2): number {
  const unit = 10 ** digits;
  const scaled = value * unit;
  const below = Math.floor(scaled);
  // Away from the middle the product is good enough, and ten times as fast as a text.
  if (Math.abs(scaled - below - 0.5) > 1e-6) return Math.round(scaled) / unit;
  const isMiddle = scaled - below === 0.5 && Number.isInteger(value * 8); // with two decimals, only eighths lie there exactly
  if (isMiddle) return (below + (below % 2)) / unit;
  return Number(value.toFixed(digits));
}
