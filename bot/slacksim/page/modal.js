// Shows the stack of modals that the workspace holds for a person.

import { h, button, icon, fill } from './dom.js';
import { blocks } from './blocks.js';
import { avatar } from './avatar.js';
import { plain } from './elements.js';
import { surface } from './surface.js';
import { store } from './store.js';
import { api } from './api.js';

let dialog = null;
let shown = { id: '', print: '', values: {}, errors: {}, trouble: '' };
const kept = new Map(); // view id -> values, for views below the top

/** showModals brings the dialog in step with store.views, the last one on top, and reports whether it has just gone. */
export function showModals() {
  const view = store.views.at(-1);
  if (!view) {
    const gone = Boolean(dialog);
    dialog?.close();
    return gone;
  }
  for (const id of kept.keys()) if (!store.views.some((v) => v.id === id)) kept.delete(id);
  const print = printOf(view);
  if (print === shown.print && dialog) return false;
  if (shown.id && shown.id !== view.id) kept.set(shown.id, shown.values);
  const same = shown.id === view.id;
  const values = prune(same ? shown.values : kept.get(view.id) || view.state?.values || {}, view);
  shown = { id: view.id, print, values, errors: view.errors || {}, trouble: view.trouble || '' };
  render(view, same);
  return false;
}

/** printOf tells views apart that look different. */
const printOf = (view) => JSON.stringify([view.id, view.hash, view.title, view.blocks, view.submit, view.errors || {}, view.trouble || '', store.views.length]);

/** prune keeps what was typed into fields whose block and action are still there. */
function prune(values, view) {
  const keptValues = {};
  for (const block of view.blocks || []) {
    for (const e of [block.element, block.accessory, ...(block.type === 'actions' ? block.elements : [])]) {
      const value = e && values[block.block_id]?.[e.action_id];
      if (value && value.type === e.type) (keptValues[block.block_id] ??= {})[e.action_id] = value;
    }
  }
  return keptValues;
}

function environment() {
  return {
    ...surface({ view: true }, shown.values),
    errors: shown.errors,
    edited: (block) => {
      if (!shown.errors[block.block_id]) return;
      delete shown.errors[block.block_id];
      const field = dialog.querySelector(`.bk-input[data-block="${CSS.escape(block.block_id)}"]`);
      field?.classList.remove('wrong');
      field?.querySelector('.error')?.remove();
    },
  };
}

function ensure() {
  if (dialog) return dialog;
  dialog = h('dialog', { class: 'modal', 'aria-labelledby': 'modal-title' });
  dialog.addEventListener('cancel', (e) => { e.preventDefault(); dismiss(false); });
  dialog.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || e.defaultPrevented || dialog.querySelector(':popover-open')) return;
    e.preventDefault();
    dismiss(false);
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    dialog = null;
    shown = { id: '', print: '', values: {}, errors: {}, trouble: '' };
    kept.clear();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** render draws the modal; complaining puts the cursor where something is wrong. */
function render(view, same, complaining = false) {
  const box = ensure();
  const scroll = box.querySelector('.modal-body')?.scrollTop;
  const focused = same && document.activeElement?.closest('.modal-body [data-action]')?.dataset.action;
  const deep = store.views.length > 1;
  const bot = store.users.get(store.app.user);
  const closeWord = plain(view.close) || 'Cancel';
  const form = h('form', { novalidate: true },
    h('header', { class: 'modal-head' }, deep ? button({ class: 'plain-icon', 'aria-label': 'Back', on: { click: () => dismiss(false) } }, icon('back')) : avatar(bot, 'small'),
      h('h2', { id: 'modal-title' }, plain(view.title)), button({ class: 'plain-icon', 'aria-label': 'Close', on: { click: () => dismiss(true) } }, icon('close'))),
    h('div', { class: 'modal-body' }, shown.trouble ? h('div', { class: 'trouble', role: 'alert' }, icon('warn'), shown.trouble) : null, blocks(view.blocks, environment())),
    h('footer', { class: 'modal-foot' }, button({ class: 'bk-button', on: { click: () => dismiss(false) } }, closeWord),
      view.submit ? h('button', { type: 'submit', class: 'bk-button primary submit' }, plain(view.submit)) : null));
  form.addEventListener('submit', (e) => { e.preventDefault(); submit(view, form); });
  form.addEventListener('keydown', (e) => { if (e.key === 'Enter' && e.target.localName === 'textarea' && (e.ctrlKey || e.metaKey)) form.requestSubmit(); });
  fill(box, form);
  if (same && scroll) box.querySelector('.modal-body').scrollTop = scroll;
  const wrong = box.querySelector('.wrong input, .wrong textarea');
  const again = focused ? box.querySelector(`[data-action="${CSS.escape(focused)}"]`) : null;
  (complaining && wrong || again?.querySelector('input') || again || wrong || box.querySelector('[autofocus]') || box.querySelector('.modal-body input, .modal-body textarea') || box.querySelector('.submit') || box.querySelector('.modal-foot button'))?.focus();
}

async function submit(view, form) {
  if (form.classList.contains('sending')) return;
  form.classList.add('sending');
  const press = form.querySelector('.submit');
  press.classList.add('busy');
  try {
    const { errors, trouble } = await api.submit(shown.values);
    if (shown.id === view.id && (Object.keys(errors).length || trouble)) {
      shown.errors = errors;
      shown.trouble = trouble;
      const current = store.views.find((v) => v.id === view.id) || view;
      shown.print = printOf({ ...current, errors, trouble }); // what the live stream will tell in a moment is shown
      render(current, true, true);
      if (trouble && !Object.keys(errors).length) dialog?.querySelector('.trouble')?.scrollIntoView({ block: 'nearest' });
    }
  } catch (problem) {
    shown.trouble = problem.message;
    if (shown.id === view.id) render(view, true);
  } finally {
    form.classList.remove('sending');
    press.classList.remove('busy');
  }
}

function dismiss(all) {
  const view = store.views.at(-1);
  if (!view) return dialog?.close();
  return api.close(all).catch((problem) => {
    shown.trouble = problem.message;
    if (dialog) render(view, true);
  });
}
