/** What writes the user data of a desktop's machine. */
import type { Person } from './person.ts';
import type { DesktopImage, Station } from './station.ts';

export interface UserDataInput {
  readonly person: Person;
  readonly station: Station;
  readonly image: DesktopImage;
  readonly desktop: {
    readonly id: string;
    readonly title: string;
    /** Letters and digits, eight: VncAuth takes no more. */
    readonly vncPassword: string;
    readonly vncPort: number;
    /** Of each web application, the path below which the gateway shows it. */
    readonly appBase: Readonly<Record<string, string>>;
  };
}

/** Not in base64. @throws InputError where a value could mean something else than it says */
export type UserDataBuilder = (input: UserDataInput) => string;
