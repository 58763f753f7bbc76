/** What a timeline shows: lines over time in strips under each other. */

/** Points of one line: value `values[i]` holds from `atS[i]` until `atS[i + 1]`, the last one until `endS`. */
export interface Steps {
  readonly atS: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly endS: number;
}

export interface TimelineLine {
  readonly label: string;
  /** CSS class that colours it. */
  readonly style: string;
  readonly steps: Steps;
}

/** One strip of lines with a scale of its own. */
export interface TimelineStrip {
  readonly title: string;
  readonly isShare: boolean;
  /** Filled down to 0. */
  readonly isArea: boolean;
  /** Names the lines above the plot, each after a piece of its line. Defaults to false. */
  readonly hasLegend?: boolean;
  readonly lines: readonly TimelineLine[];
}
