/** The axis of simulated time: days, and the clock between them. */
import { type Axis, axisBottom, type ScaleLinear } from 'd3';

/** Pixels for one tick with its text. */
const tickRoom = 80;
const stepsS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 432_000, 864_000, 2_592_000];

/** @param x from seconds to pixels */
export function timeAxis(x: ScaleLinear<number, number>): Axis<number> {
  const [fromS, toS] = x.domain() as [number, number];
  const [left, right] = x.range() as [number, number];
  const spanS = toS - fromS;
  const room = Math.max(2, Math.floor((right - left) / tickRoom));
  const stepS = stepsS.find((each) => spanS / each <= room) ?? Math.ceil(spanS / room / 2_592_000) * 2_592_000;
  const ticks: number[] = [];
  for (let atS = Math.ceil(fromS / stepS) * stepS; atS <= toS; atS += stepS) ticks.push(atS);
  return axisBottom<number>(x)
    .tickValues(ticks)
    .tickFormat((atS) => tickText(atS, stepS));
}

function tickText(atS: number, stepS: number): string {
  const day = `day ${Math.floor(atS / 86_400)}`;
  if (stepS >= 86_400) return day;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const clock = `${two((atS % 86_400) / 3600)}:${two((atS % 3600) / 60)}`;
  if (atS % 86_400 === 0) return day;
  return stepS >= 60 ? clock : `${clock}:${two(atS % 60)}`;
}
