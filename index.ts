/** The library: what 'heps-vcd' exports. */
export * from './core/index.ts';
