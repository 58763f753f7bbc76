/** What the scheduler may do on a cloud. */

/** `shadow`: compares what others boot with what it would have done; `advise`: answers where, and creates nothing; `act`. */
export const modes = ['shadow', 'advise', 'act'] as const;
export type Mode = (typeof modes)[number];
