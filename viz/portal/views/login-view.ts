/** Who are you? */
import './login-view.css';
import type { LoginWays, PersonView } from '../../../core/wire/portal.ts';
import { element } from '../../page/element.ts';
import { portalApi, sentenceOf } from '../load/api.ts';
import { icon } from '../page/icons.ts';
import { serviceTitle } from '../page/service-title.ts';

/** @param message why the person has to log in again; null at the first visit */
export function loginView(ways: LoginWays, message: string | null, onLogin: (person: PersonView) => void): HTMLElement {
  return element(
    'main',
    { class: 'login' },
    element('div', { class: 'login-mark' }, icon('linux')),
    element('h1', {}, serviceTitle),
    element(
      'p',
      { class: 'muted' },
      'A computer next to your data, with the software of your station, in a browser tab.',
    ),
    message === null ? null : element('p', { class: 'note', role: 'status' }, message),
    ways.unified === null
      ? null
      : element('a', { class: 'primary wide', href: portalApi.unifiedLoginUrl }, `Log in with ${ways.unified}`),
    ways.unified !== null && ways.local ? element('p', { class: 'or' }, 'or with an account on this server') : null,
    ways.local ? localForm(ways.unified === null, onLogin) : null,
    ways.unified === null && !ways.local
      ? element('p', { class: 'note' }, 'No way to log in is set up on this server. Ask its administrator.')
      : null,
  );
}

function localForm(isOnlyWay: boolean, onLogin: (person: PersonView) => void): HTMLFormElement {
  const name = element('input', {
    id: 'login-name',
    name: 'name',
    autocomplete: 'username',
    autocapitalize: 'none',
    required: true,
  });
  const password = element('input', {
    id: 'login-password',
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  const problem = element('p', { class: 'problem', role: 'alert' });
  const submit = element('button', { class: isOnlyWay ? 'primary wide' : 'wide' }, 'Log in');
  const logIn = async (): Promise<void> => {
    submit.disabled = true;
    problem.textContent = '';
    try {
      onLogin(await portalApi.logIn(name.value, password.value));
    } catch (error) {
      problem.textContent = sentenceOf(error);
      password.value = '';
      password.focus();
    } finally {
      submit.disabled = false;
    }
  };
  return element(
    'form',
    {
      onsubmit: (event) => {
        event.preventDefault();
        void logIn();
      },
    },
    element('label', { for: 'login-name' }, 'Name'),
    name,
    element('label', { for: 'login-password' }, 'Password'),
    password,
    problem,
    submit,
  );
}
