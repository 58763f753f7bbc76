/** A run and a moment of it in words and figures. */
import { schedulersOf } from '../../core/runs/deciding-scheduler.ts';
import { formatTime } from '../../core/runs/explanation.ts';
import { lastReportS } from '../../core/runs/report-times.ts';
import type { MomentReader } from '../model/moment.ts';
import type { Run } from '../model/run.ts';
import { element } from '../page/element.ts';
import { count, percent, plural } from '../page/quantity-words.ts';

/** What a reader takes home: one sentence, and under it what was simulated. */
export function headlineOf({ file, cluster, policy: { optionWords } }: Run): HTMLElement[] {
  const { inputs, summary } = file;
  const { all, wrongCards } = summary;
  const away = [
    ...(all.refused > 0 ? [`${count(all.refused)} were refused`] : []),
    ...(all.gaveUp > 0 ? [`${count(all.gaveUp)} gave up waiting`] : []),
    ...(all.unservable > 0 ? [`${count(all.unservable)} fit on no host`] : []),
    ...(wrongCards > 0 ? [`${count(wrongCards)} got a smaller card than they asked for`] : []),
    ...(summary.lostVms > 0 ? [`${count(summary.lostVms)} were lost to failures`] : []),
  ];
  const { cloud, workload, policy } = inputs;
  const what = [
    `${workload.name}${workload.days === null ? '' : `, ${workload.days} days`}${workload.load === null ? '' : `, load ${workload.load}`}`,
    `${inputs.cluster.name}: ${count(cluster.specs.length)} hosts, ${count(cluster.cardHealthy.length)} cards`,
    cloud.onFull === 'queue'
      ? `VMs wait${cloud.patienceS === null ? '' : ` at most ${cloud.patienceS / 3600} h`}`
      : 'VMs that find no room are refused',
    ...optionWords,
    ...(cloud.srmIntervalS > 0 ? [`SRM every ${cloud.srmIntervalS} s`] : []),
    ...(schedulersOf(cloud) > 1 ? [`${schedulersOf(cloud)} schedulers`] : []),
    ...(cloud.mtbfH !== null || cloud.cardMtbfH !== null ? ['with failures'] : []),
    ...(inputs.warmUpS ? [`figures without the first ${Number((inputs.warmUpS / 86_400).toFixed(2))} days`] : []),
    `seed ${inputs.seed}`,
  ];
  return [
    element(
      'h1',
      {},
      element('strong', {}, policy.name),
      all.arrived === 0
        ? ': no VM arrived.'
        : ` served ${percent(summary.servedShare, 1)} of ${plural(all.arrived, 'VM')} as asked`,
      away.length > 0 && `; ${away.join(', ')}`,
      all.arrived > 0 && '.',
    ),
    element('p', { class: 'muted' }, what.join(' · ')),
  ];
}

/** `day 3 04:05:06: 187 VMs, …` */
export function momentText({ cluster, file, beginS }: Run, reader: MomentReader, atS: number): string {
  const { moment, running } = reader;
  const cards = cluster.cardHealthy.length;
  const down = moment.up.length - sum(moment.up);
  const failed = cards - sum(moment.cardHealthy);
  const waiting = reader.waitingAt(atS);
  const { srmIntervalS } = file.inputs.cloud;
  const stale = sum(moment.stale);
  const parts = [
    `${count(running.length)} VMs`,
    `vCPUs ${percent(sum(moment.vcpusUsed) / sum(cluster.vcpus), 0)}`,
    `RAM ${percent(sum(moment.ramUsedMib) / sum(cluster.ramMib), 0)}`,
    ...(cards > 0 ? [`${count(Math.round(sum(moment.cardUse)))} of ${count(cards)} cards`] : []),
    `${count(waiting)} waiting`,
    ...(down > 0 ? [`${count(down)} ${down === 1 ? 'host' : 'hosts'} down`] : []),
    ...(failed > 0 ? [`${count(failed)} ${failed === 1 ? 'card' : 'cards'} failed`] : []),
    ...(srmIntervalS > 0
      ? [
          `SRM ${Math.round(atS - lastReportS(atS, srmIntervalS, beginS))} s old, ${count(stale)} ${stale === 1 ? 'host has' : 'hosts have'} changed since`,
        ]
      : []),
  ];
  return `${formatTime(Math.round(atS))}: ${parts.join(' · ')}`;
}

function sum(values: Float64Array | Uint8Array): number {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index]!;
  return total;
}
