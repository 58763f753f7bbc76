/** The library: a cluster and a policy to place VMs with, workloads, simulations and comparisons, and what they leave behind. */
export * from './core/index.ts';
export * from './sim/index.ts';
export * from './traces/index.ts';
