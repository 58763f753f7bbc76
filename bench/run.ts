/** Takes all measurements: `npm run bench`. */
import { cpus } from 'node:os';
import { benchCsv } from './csv.ts';
import { benchDecision } from './decision.ts';
import { benchEngine } from './engine.ts';
import { benchPipeline } from './pipeline.ts';

console.log(`${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.version}\n`);
benchEngine();
await benchCsv();
benchDecision();
benchPipeline();
