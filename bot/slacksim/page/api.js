// Talks to the control API, and keeps the store in step with the workspace.

import { store } from './store.js';

let repaint = () => {};
let reading = null;
let again = false;

async function get(path) {
  const answer = await fetch(`/sim/api/${path}`, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error((await answer.text()).trim() || `HTTP ${answer.status}`);
  return answer.json();
}

async function act(method, ...args) {
  const answer = await fetch('/sim/api/act', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ user: store.me, method, args }) });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  const { result, error } = await answer.json();
  if (error) throw new Error(error.replace(/^[^:]*: /, ''));
  return result;
}

function take(state) {
  store.me = state.user;
  store.team = { name: state.team };
  store.users = new Map(state.users.map((u) => [u.id, { ...u, dnd: u.dnd_until }]));
  store.app = { id: 'A', user: 'U0BOT', name: 'Watchbill', home: true };
  store.channels = new Map(state.channels.map((c) => [c.id, {
    ...c, is_private: c.kind === 'private', is_im: c.kind === 'im', is_mpim: c.kind === 'mpim', is_archived: c.archived, is_member: c.members.includes(store.me),
    user: c.kind === 'im' ? c.members.find((m) => m !== store.me) || store.me : undefined, messages: undefined,
  }]));
  for (const c of state.channels) store.messages.set(c.id, new Map((c.messages || []).map((m) => [m.ts, m])));
  store.ephemerals = new Map();
  for (const m of state.ephemerals) {
    if (store.dismissed?.has(`${store.me} ${m.channel} ${m.ts}`)) continue;
    store.ephemerals.set(m.channel, [...(store.ephemerals.get(m.channel) || []), { ...m, is_ephemeral: true }]);
  }
  store.commands = [{ command: '/inc', description: 'Manage incidents', usage_hint: '[declare|list|help]' }, { command: '/oncall', description: 'Who stands watch' }];
  store.shortcuts = [{ type: 'global', callback_id: 'global_shortcut', name: 'Declare incident', description: 'Start a new incident' }, { type: 'message', callback_id: 'message_shortcut', name: 'Add to timeline', description: 'Save this message' }];
  const word = (t) => (t ? { type: 'plain_text', text: t } : null);
  store.views = (state.views || []).map((v) => ({ ...v, title: word(v.title), submit: word(v.submit), close: word(v.close), state: { values: v.state } }));
  store.home = state.home?.id ? state.home : null;
  store.faults = { on: [], sockets: state.sockets };
}

async function refresh() {
  if (reading) {
    again = true;
    return reading;
  }
  reading = (async () => {
    do {
      again = false;
      take(await get(`state?user=${encodeURIComponent(store.me)}`));
    } while (again);
  })().finally(() => { reading = null; });
  await reading;
  return repaint();
}

/** simple is an element's state as the control API takes it: text, list, number or null. */
function simple(state) {
  const key = Object.keys(state).find((k) => k !== 'type');
  const value = state[key];
  if (value === null || value === undefined || key === 'rich_text_value') return value ?? null;
  if (key === 'selected_option') return value.value;
  if (key === 'selected_options') return value.map((o) => o.value);
  return value;
}

function entered(values) {
  const all = {};
  for (const [block, actions] of Object.entries(values)) for (const [action, state] of Object.entries(actions)) all[`${block}/${action}`] = simple(state);
  return all;
}

export const api = {
  async start(user, changed) {
    repaint = changed;
    store.me = user;
    await refresh();
    const events = new EventSource('/sim/api/events');
    events.onmessage = () => refresh();
    events.onopen = () => { store.offline = false; refresh(); };
    events.onerror = () => { store.offline = true; changed(); };
  },
  async as(user) { store.me = user; await refresh(); },
  async load() {},
  say: (channel, text, thread = '') => act('Type', channel, text, thread),
  command: (channel, command, text) => act('Slash', channel, command, text),
  react: (channel, ts, name, on) => act(on ? 'React' : 'Unreact', channel, ts, name),
  pin: (channel, ts, on) => act(on ? 'Pin' : 'Unpin', channel, ts),
  edit: (channel, ts, text) => act('Edit', channel, ts, text),
  remove: (channel, ts) => act('Delete', channel, ts),
  read: () => Promise.resolve(),
  async press({ channel, message, view, home, values, action }) {
    const key = `${action.block_id}/${action.action_id}`;
    if (view && !home) await act('Fill', entered(values));
    const where = channel ? [channel, message.ts] : [];
    const suffix = channel ? '' : home ? 'Home' : 'View';
    const button = ['button', 'workflow_button'].includes(action.type);
    const { type, action_id, block_id, value, text, ...state } = action;
    const result = button ? await act(`Click${suffix}`, ...where, key) : await act(`Choose${suffix}`, ...where, key, simple({ type, ...(value !== undefined ? { value } : {}), ...state }));
    if (result?.Error) throw new Error(`the app did not answer (${result.Error})`);
  },
  async suggest() { return []; },
  async submit(view, values) {
    const r = await act('Submit', entered(values));
    return { errors: r.Errors || {}, trouble: r.Trouble };
  },
  close: (view, all) => act('CloseView', all),
  shortcut: (callback) => act('Shortcut', callback),
  messageShortcut: (callback, channel, ts) => act('MessageAction', channel, ts, callback),
  home: (tab) => act('OpenHome', tab),
  async talk(users) { return (await act('OpenDM', ...users)).id; },
  async create(name) { return (await act('CreateChannel', name, false)).id; },
  join: (channel) => act('Join', channel),
  leave: (channel) => act('Leave', channel),
  invite: (channel, user) => act('Invite', channel, user),
  archive: (channel, on) => act(on ? 'Archive' : 'Unarchive', channel),
  rename: (channel, name) => act('Rename', channel, name),
  describe: (channel, what, text) => act('SetTopic', channel, text),
  dnd: () => Promise.reject(new Error('not there')),
  deactivate: () => Promise.reject(new Error('not there')),
  fault: () => Promise.reject(new Error('not there')),
  clearFaults: () => Promise.reject(new Error('not there')),
  async fileText(file) { return (await fetch(store.download(file))).text(); },
};
