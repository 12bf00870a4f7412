// Small dialogs of the page itself: confirmation, and one line of text.

import { h, button, icon } from './dom.js';
import { text, plain } from './elements.js';

/** ask shows a dialog and resolves with what its buttons decide; Escape is null. */
function ask(title, body, buttons, setup) {
  return new Promise((resolve) => {
    let answer = null;
    const titleID = `dialog-title-${Date.now()}`;
    const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': titleID });
    const form = h('form', { method: 'dialog' },
      h('header', {}, h('h2', { id: titleID }, title), button({ class: 'plain-icon', 'aria-label': 'Close', on: { click: () => dialog.close() } }, icon('close'))),
      h('div', { class: 'dialog-body' }, body),
      h('footer', {}, buttons.map((b) => h('button', {
        type: b.submit ? 'submit' : 'button', class: `bk-button ${b.style || ''}`, on: { click: (e) => { if (!b.submit) { e.preventDefault(); answer = b.value(); dialog.close(); } } },
      }, b.label))));
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      answer = buttons.find((b) => b.submit).value();
      dialog.close();
    });
    dialog.append(form);
    dialog.addEventListener('close', () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    dialog.showModal();
    if (setup) setup(dialog);
    else dialog.querySelector('[type=submit]').focus();
  });
}

/** confirmDialog shows a confirm object of Block Kit and resolves with true or false. */
export async function confirmDialog(confirm) {
  return Boolean(await ask(plain(confirm.title), h('div', {}, text(confirm.text)), [
    { label: plain(confirm.deny) || 'Cancel', value: () => false },
    { label: plain(confirm.confirm) || 'OK', style: confirm.style === 'danger' ? 'danger' : 'primary', submit: true, value: () => true },
  ]));
}

/** yes asks a plain question. */
export async function yes(title, words, label = 'Yes', style = 'danger') {
  return Boolean(await ask(title, h('p', { text: words }), [{ label: 'Cancel', value: () => false }, { label, style, submit: true, value: () => true }]));
}

/** line asks for one text and resolves with it, or null. */
export function line(title, label, value = '', { long = false, done = 'Save' } = {}) {
  const field = h(long ? 'textarea' : 'input', { class: 'field', id: 'dialog-line', rows: long ? 4 : null });
  field.value = value;
  return ask(title, [h('label', { for: 'dialog-line', class: 'bk-label' }, label), field],
    [{ label: 'Cancel', value: () => null }, { label: done, style: 'primary', submit: true, value: () => field.value }],
    () => { field.focus(); field.select(); });
}

/** report says what went wrong, for a few seconds and to screen readers. */
export function report(words, kind = 'wrong') {
  const box = document.getElementById('toasts');
  const toast = h('div', { class: `toast ${kind}`, role: kind === 'wrong' ? 'alert' : 'status' }, h('span', { text: words }),
    button({ class: 'plain-icon', 'aria-label': 'Dismiss', on: { click: () => toast.remove() } }, icon('close')));
  box.append(toast);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => toast.remove(), 8000);
}

/** attempt reports when what somebody asked for does not work. */
export const attempt = (promise) => promise.catch((problem) => report(problem.message));
