// One subscriber for a simulated cloud and for a real one: says how many cards are held, whenever that changes.
//   node subscriber.mjs                                          a simulation
//   HEPS_TOKEN=... node subscriber.mjs https://scheduler:8790/   a running heps live serve
import { events$ } from 'heps-vcd';
import { watchCloud$ } from 'heps-vcd/live';

const [url] = process.argv.slice(2);
const cloud$ =
  url === undefined
    ? events$({ cluster: 'heps-test-3', workload: 'heps', days: 3, load: 0.02, cloud: { mtbfH: 48 } })
    : watchCloud$(url, process.env.HEPS_TOKEN, {
        onLost: ({ message }, waitS) => console.error(`${message}; next try in ${waitS} s`),
      });

/** Cards of each VM that holds some. */
const holding = new Map();

cloud$.subscribe({
  next(event) {
    if (event.kind === 'fault') {
      const what = event.card === null ? event.host : `card ${event.card} of ${event.host}`;
      console.log(`${what} ${event.isUp ? 'is back' : 'has failed'}`);
      return;
    }
    if (event.kind === 'bound' && event.cards.length > 0) holding.set(event.vm, event.cards.length);
    else if (event.kind !== 'ended' || !holding.delete(event.vm)) return;
    const held = [...holding.values()].reduce((sum, cards) => sum + cards, 0);
    console.log(`${event.vm} ${event.kind} on ${event.host}: ${held} cards are held`);
  },
  error({ message }) {
    console.error(message);
    process.exitCode = 1;
  },
});
