#!/usr/bin/env node
/** The command `heps`. Exit codes: 0, 1 (failed), 2 (wrong input: one line says what). */
import { Command, CommanderError } from 'commander';
import { OutputError, reasonOf } from './files/output-error.ts';
import { hepsVersion } from './package-files.ts';

const program = new Command('heps')
  .description(
    'Schedules virtual desktops on CPU and GPU hosts: simulate policies, compare them, explain every decision, run them on OpenStack.',
  )
  .showSuggestionAfterError()
  .configureHelp({ helpWidth: 100 });

// A reader such as `head` may close the pipe, which is no failure. A full disk behind a redirection is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  console.error(`heps: ${new OutputError('standard output', error).message}`);
  process.exit(1);
});

try {
  program.version(hepsVersion());
  await addCommands(process.argv.slice(2));
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Adds the commands that the words may call, and loads no others. */
async function addCommands(words: readonly string[]): Promise<void> {
  const [area = ''] = words;
  if (['--version', '-V'].includes(area)) return;
  if (area === 'live') {
    const { addLiveCommands } = await import('./live/cli.ts');
    await addLiveCommands(program, words.slice(1));
    return;
  }
  if (area === 'desktop') {
    (await import('./live/commands/desktop.ts')).addDesktop(program);
    return;
  }
  const { addSimulatorCommands, isSimulatorCommand } = await import('./sim/cli.ts');
  await addSimulatorCommands(program, words);
  if (isSimulatorCommand(area)) return;
  const { addLiveCommands } = await import('./live/cli.ts');
  await addLiveCommands(program, []);
  (await import('./live/commands/desktop.ts')).addDesktop(program);
}

/** Says what went wrong, and with which exit code to end. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0; // --help and --version
    if (error.code === 'commander.help') return 2; // no command: the help has been shown
    console.error(`heps: ${error.message.replace(/^error: /, '')}`);
    return 2;
  }
  if (error instanceof Error && error.name === 'InputError') {
    console.error(`heps: ${error.message}`);
    return 2;
  }
  if (error instanceof Error && error.name === 'OutputError') console.error(`heps: ${error.message}`);
  else if (isOfSystem(error)) console.error(`heps: ${saying(error)}`);
  else console.error('heps: failed:', error);
  return 1;
}

/** The system refused something that nobody foresaw, such as to open one more file: the reason is all there is to say. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}

function saying(error: NodeJS.ErrnoException): string {
  return error.path === undefined ? error.message : `${error.path}: ${reasonOf(error)} (${error.code})`;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
