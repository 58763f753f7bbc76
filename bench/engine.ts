/** Events per CPU second of the bare engine on an M/M/8 queue. */
import { Simulator } from '../sim/engine/engine.ts';
import { exponential, randomStream } from '../traces/random.ts';

const servers = 8;
const customers = 1_000_000;

/** Serves the customers at 90 % load. @returns events */
function queue(): number {
  const simulator = new Simulator();
  const arrivals = randomStream(1, 'arrivals');
  const services = randomStream(1, 'services');
  let [busy, waiting, arrived] = [0, 0, 0];
  const leave = simulator.kind(0, () => {
    if (waiting > 0) {
      waiting--;
      simulator.at(simulator.nowS + exponential(services, 1), leave, 0);
    } else busy--;
  });
  const arrive = simulator.kind(1, () => {
    if (busy < servers) {
      busy++;
      simulator.at(simulator.nowS + exponential(services, 1), leave, 0);
    } else waiting++;
    if (++arrived < customers) simulator.at(simulator.nowS + exponential(arrivals, 1 / (0.9 * servers)), arrive, 0);
  });
  simulator.at(0, arrive, 0);
  simulator.run();
  return simulator.processed;
}

/** Prints the median of nine runs. */
export function benchEngine(): void {
  const rates: number[] = [];
  for (let run = 0; run < 9; run++) {
    const before = process.cpuUsage();
    const events = queue();
    const { user, system } = process.cpuUsage(before);
    rates.push(events / (user + system));
  }
  rates.sort((a, b) => a - b);
  console.log(
    `bare engine, M/M/8 at 90 % load: ${rates[4]!.toFixed(1)} million events per CPU second (${rates[0]!.toFixed(1)} to ${rates[8]!.toFixed(1)})`,
  );
}
