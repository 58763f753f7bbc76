/** The real time, for what runs against a real cloud. */
import type { Clock } from '../core/clock.ts';

/** Unix seconds, to the millisecond; a set clock moves `nowS`, but no delay. */
export const wallClock: Clock = {
  get nowS() {
    return Date.now() / 1000;
  },
  after(delayS, action) {
    const timer = setTimeout(action, delayS * 1000);
    return () => clearTimeout(timer);
  },
};
