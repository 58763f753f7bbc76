/** Dialogs: something said, something asked. */
import { sentenceOf } from '../load/api.ts';
import './dialogs.css';
import { element } from '../../page/element.ts';

/** Shows a dialog until it is closed; it is gone from the document after that. */
export function showDialog(label: string, ...content: readonly (Node | null)[]): HTMLDialogElement {
  const dialog = element('dialog', { 'aria-label': label }, element('h2', {}, label), ...content);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Says something that needs no answer. */
export function tell(label: string, sentence: string): void {
  const close = element('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'Close');
  const dialog = showDialog(label, element('p', {}, sentence), element('div', { class: 'answers' }, close));
}

/** A form in a dialog: closes when `act` succeeds, shows the sentence of what it throws. */
export function askInDialog(
  label: string,
  content: readonly Node[],
  answer: { readonly label: string; readonly kind: 'primary' | 'danger'; readonly act: () => Promise<void> },
): HTMLDialogElement {
  const problem = element('p', { class: 'problem', role: 'alert' });
  const yes = element('button', { class: answer.kind }, answer.label);
  const no = element('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const act = async (): Promise<void> => {
    yes.disabled = true;
    try {
      await answer.act();
      dialog.close();
    } catch (error) {
      problem.textContent = sentenceOf(error);
    } finally {
      yes.disabled = false;
    }
  };
  const form = element(
    'form',
    {
      onsubmit: (event) => {
        event.preventDefault();
        void act();
      },
    },
    ...content,
    problem,
    element('div', { class: 'answers' }, no, yes),
  );
  const dialog = showDialog(label, form);
  // What destroys something is not under the Enter key at once.
  if (answer.kind === 'danger') no.focus();
  return dialog;
}
