/** Takes all measurements, `npm run bench`, or those that are named: `npm run bench -- page engine`. */
import { cpus } from 'node:os';
import { benchBacklog } from './backlog.ts';
import { benchBoots } from './boots.ts';
import { benchCsv } from './csv.ts';
import { benchDecision } from './decision.ts';
import { benchEngine } from './engine.ts';
import { benchEvents } from './events.ts';
import { benchGateway } from './gateway.ts';
import { benchMixed } from './mixed.ts';
import { benchMotion } from './motion.ts';
import { benchPage } from './page.ts';
import { benchPipeline } from './pipeline.ts';
import { benchRegistry } from './registry.ts';
import { benchReproduction } from './reproduction.ts';
import { benchTightness } from './tightness.ts';

const benches: Readonly<Record<string, () => unknown>> = {
  engine: benchEngine,
  events: benchEvents,
  csv: benchCsv,
  decision: benchDecision,
  pipeline: benchPipeline,
  mixed: benchMixed,
  backlog: benchBacklog,
  reproduction: benchReproduction,
  page: benchPage,
  registry: benchRegistry,
  boots: benchBoots,
  gateway: benchGateway,
  motion: benchMotion,
  tightness: benchTightness,
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
const unknown = names.find((name) => benches[name] === undefined);
if (unknown !== undefined) {
  console.error(`bench: expected some of ${Object.keys(benches).join(', ')}, got ${unknown}`);
  process.exit(2);
}
console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}\n`);
for (const name of names) await benches[name]!();
