/** Video of an area of the screen: an ffmpeg that captures and encodes, with no picture between. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Area } from './area.ts';
import { FlvReader, type Picture } from './flv.ts';

/** What a video is made like. */
export interface EncoderSettings {
  /** Pictures a second at most. */
  readonly framesPerS: number;
  /** Constant rate factor of x264: lower is better. */
  readonly rateFactor: number;
  /** Most bits a second, averaged over a few pictures. */
  readonly bitsPerS: number;
  /** Edge of the pictures against the screen's: 1, or ½, which the viewer draws twice as large. */
  readonly scale: number;
  /** Whether colours are as fine as brightness (4:4:4). */
  readonly hasFullColour: boolean;
}

export interface EncoderEvents {
  readonly onPicture: (picture: Picture) => void;
  /** It ended, and was not asked to. */
  readonly onDeath: (reason: string) => void;
}

/** Pictures over which the bit rate is held. */
const rateBufferPictures = 4;

export class Encoder {
  readonly area: Area;
  readonly settings: EncoderSettings;
  readonly #child: ChildProcess;
  #isPaused = false;
  #isStopped = false;

  constructor(display: number, area: Area, settings: EncoderSettings, events: EncoderEvents) {
    this.area = area;
    this.settings = settings;
    const child = spawn('ffmpeg', argumentsFor(display, area, settings), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const reader = new FlvReader();
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#isStopped) return;
      for (const picture of reader.push(chunk)) events.onPicture(picture);
    });
    let said = '';
    child.stderr.on('data', (text) => {
      said = (said + String(text)).slice(-500);
    });
    const died = (reason: string): void => {
      if (!this.#isStopped) events.onDeath(reason);
      this.#isStopped = true;
    };
    child.on('error', (error) => died(error.message));
    child.on('exit', (code, signal) => died(`ended with ${code ?? signal}: ${said.trim()}`));
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** Captures nothing until `resume`; what is in the pipe still comes. */
  pause(): void {
    if (this.#isPaused || this.#isStopped) return;
    this.#isPaused = true;
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    if (!this.#isPaused || this.#isStopped) return;
    this.#isPaused = false;
    this.#child.kill('SIGCONT');
  }

  stop(): void {
    this.#isStopped = true;
    this.#child.kill('SIGKILL');
  }
}

/** For ffmpeg 4.4 (Ubuntu 22.04) and later. One slice a picture, since noVNC takes each slice for a picture. */
export function argumentsFor(display: number, area: Area, settings: EncoderSettings): readonly string[] {
  const { framesPerS, rateFactor, bitsPerS, scale, hasFullColour } = settings;
  const edge = (pixels: number): number => Math.max(2, Math.round((pixels * scale) / 2) * 2);
  const bitsPerBuffer = Math.round((bitsPerS / framesPerS) * rateBufferPictures);
  const format = hasFullColour ? 'yuv444p' : 'yuv420p';
  const flags = scale === 1 ? '' : ':flags=area';
  return [
    ...['-loglevel', 'error', '-nostdin', '-probesize', '32', '-fflags', 'nobuffer'],
    ...['-f', 'x11grab', '-draw_mouse', '0', '-framerate', String(framesPerS)],
    ...['-video_size', `${area.width}x${area.height}`, '-grab_x', String(area.x), '-grab_y', String(area.y)],
    ...['-i', `:${display}`],
    ...[
      '-vf',
      `scale=${edge(area.width)}:${edge(area.height)}:out_color_matrix=bt709:out_range=tv${flags},format=${format}`,
    ],
    ...['-color_range', 'tv', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-crf', String(rateFactor)],
    ...['-maxrate', String(bitsPerS), '-bufsize', String(bitsPerBuffer)],
    ...['-x264-params', 'threads=1:sliced-threads=0:slices=1:keyint=infinite:scenecut=0'],
    ...['-vsync', 'passthrough', '-flush_packets', '1', '-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1'],
  ];
}
