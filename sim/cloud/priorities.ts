/** What happens at one instant, in this order. */
export const priorities = { end: 0, fault: 1, report: 2, drain: 3, resubmit: 4, arrival: 5, giveUp: 6 } as const;
