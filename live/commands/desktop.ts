/** `heps desktop stream`: video of what moves, in front of a VNC server. */
import type { Command } from 'commander';
import { stream } from '../stream/options.ts';

interface StreamOptions {
  readonly listen: string;
  readonly server: string;
  readonly display?: string;
}

export function addDesktop(program: Command): void {
  program.commandsGroup('Inside a desktop:');
  program
    .command('desktop')
    .description('what runs in the machine of a desktop')
    .command('stream')
    .description("stand in front of the desktop's VNC server, and send viewers who take H.264 video of what moves")
    .requiredOption('--listen <[host:]port>', 'where viewers connect')
    .requiredOption('--server <[host:]port>', 'the VNC server')
    .option('--display <:n>', 'X display that the server shows (default: DISPLAY)')
    .addHelpText(
      'after',
      `
Needs ffmpeg with libx264. The display's cookie is taken from XAUTHORITY. Viewers who take no H.264 have the VNC server as it is.

Example:
  heps desktop stream --listen 0.0.0.0:5901 --server 5999 --display :1`,
    )
    .action(({ display = process.env.DISPLAY ?? '', ...rest }: StreamOptions) =>
      stream({ ...rest, display }, process.env),
    );
}
