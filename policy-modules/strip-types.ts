/** TypeScript to JavaScript by blanking types out, so that lines and columns stay: by the stripper that is in Node from 22.18 on. */
import { transformSync } from '@swc/wasm-typescript';

interface StripFailure {
  readonly message: string;
  readonly startLine?: number;
  readonly startColumn?: number;
}

/**
 * @param file the source's, for messages
 * @throws SyntaxError naming file, line and column: what is no TypeScript, or more than types over JavaScript, such as an enum
 */
export function stripTypes(source: string, file: string): string {
  try {
    return transformSync(source, { mode: 'strip-only', module: true }).code;
  } catch (error) {
    const { message, startLine = 1, startColumn = 0 } = error as StripFailure;
    throw new SyntaxError(`${file}:${startLine}:${startColumn + 1}: ${message.split('\n')[0]}`);
  }
}
