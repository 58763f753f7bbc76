/** Whether the SMTP server that the configuration names takes mail of ours; none is sent. */
import type { Check } from '../checks.ts';
import { type MailSettings, openMailer } from '../desktops/reminders/mailer.ts';
import { check } from './cloud-checks.ts';
import { databaseStep } from './steps.ts';

export async function checkMail(settings: MailSettings): Promise<Check> {
  const mailer = openMailer(settings);
  const where = `${settings.host}:${settings.port}`;
  try {
    await mailer.check();
    return check(databaseStep, 'ok', `${where} answers${settings.login === null ? '' : ' and takes the login'}`);
  } catch (error) {
    const { message } = error as Error;
    return check(
      databaseStep,
      'wrong',
      `${where}: ${message}`,
      'mail.host, mail.port, mail.tls, mail.user and mail.passwordFile',
    );
  } finally {
    mailer.close();
  }
}
