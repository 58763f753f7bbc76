/** A workload as the simulator reads it: one arrival per VM, in order of time. */
import type { VmRequest } from '../core/request.ts';
import type { RowError } from './left-out.ts';

/** A VM that asks for a host. What only the workload knows (how long it lives, whose it is) stays out of the request. */
export interface Arrival {
  /** When it asks, seconds from the start of the workload. */
  readonly atS: number;
  /** How long it runs once started, seconds, above 0. */
  readonly lifetimeS: number;
  /** What it asks for. */
  readonly request: VmRequest;
  /** Experimental station (beamline) or the trace's group; empty if unknown. */
  readonly station: string;
  /** Desktop kind; acceptance is reported by it. Empty if unknown. */
  readonly flavor: string;
  /** Empty if unknown. */
  readonly image: string;
  /** Empty if unknown. */
  readonly user: string;
}

/**
 * Arrivals in order of `atS`, in batches, so that a long trace costs no promise a row and is never in memory as a whole. A reader may
 * refill the arrivals of a batch for the next one: to keep one longer, copy it (`copyOf`).
 */
export type ArrivalStream = AsyncIterable<readonly Arrival[]>;

/** How a reader treats rows that it cannot take. */
export interface ReadOptions {
  /**
   * Called for each wrong row, which is then left out. Without it the first wrong row throws its error. Where rows must be in order, as few
   * as possible are left out.
   */
  readonly onInvalid?: ((error: RowError) => void) | undefined;
  /** Called for each row that is not wrong and yet no VM, such as a job that was cancelled before it ran. */
  readonly onNoVm?: ((row: RowError) => void) | undefined;
  /** Whether station, flavor, image and user are wanted. Defaults to true; without, a reader may leave them empty. */
  readonly hasNames?: boolean | undefined;
  /** Seed for what a trace leaves open, such as the moment within an interval. Defaults to 1. */
  readonly seed?: number | undefined;
}
