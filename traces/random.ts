/** Named random streams: each purpose draws from its own, so that changing one leaves the others as they were. */
import seedrandom from 'seedrandom';

/** Draws in [0, 1), with 32 random bits. */
export type RandomStream = () => number;

/** The stream of that name under that seed: the same numbers on every machine. */
export function randomStream(seed: number, name: string): RandomStream {
  const generator = seedrandom.xor4096(`${seed}/${name}`);
  return () => generator.quick();
}

/** A draw from the exponential distribution of that mean. */
export function exponential(stream: RandomStream, mean: number): number {
  return -Math.log(1 - stream()) * mean;
}
