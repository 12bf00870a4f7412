// Talks to the control API (see control.go), and keeps the store in step with
// the workspace as one person sees it.

import { store } from './store.js';

let changed = () => {};
let stream = null;
let timer = 0;
let reading = null;
let stale = false;
const loaded = new Map(); // channel id -> whether older messages exist
const loading = new Map(); // channel id -> changes that came while its messages were on their way

async function answer(promise) {
  let response;
  try {
    response = await promise;
  } catch {
    throw new Error('The simulated workspace does not answer. Is it still running?');
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok || body.ok === false) throw new Error(sentence(body.error || `HTTP ${response.status}`));
  return body;
}

/** sentence drops the "do this as U1: " that errors begin with. */
function sentence(error) {
  const text = error.replace(/^[^:]{0,60} as [A-Z0-9]+: /, '');
  return text[0].toUpperCase() + text.slice(1);
}

const get = (path, query) => answer(fetch(`/sim/api/${path}?${new URLSearchParams(query)}`));

const act = (action, fields = {}) => answer(fetch(`/sim/api/${action}`, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ user: store.me, ...fields }),
}));

/** reached throws when the app did not take what it was sent. */
async function reached(promise, what) {
  const { problem } = await promise;
  if (problem) throw new Error(`${what} failed: the app ${problem === 'dispatch_failed' ? 'cannot be reached' : 'did not answer in time'} (${problem})`);
}

function byID(list) {
  return new Map((list || []).map((item) => [item.id, item]));
}

/** take puts a state of the workspace into the store. */
function take(state) {
  store.me = state.user;
  store.team = state.team;
  store.app = { id: state.app.id, user: state.app.user_id, name: state.app.name, home: state.app.home_tab, readOnly: state.app.messages_read_only };
  const paused = (u) => (u.dnd_until && Date.parse(u.dnd_until) > Date.parse(state.now) ? u.dnd_until : null);
  const users = (state.users || []).map((u) => ({ ...u, dnd: paused(u), guest: u.guest || u.single_guest }));
  const names = JSON.stringify([users.map((u) => [u.id, u.name, u.real_name, u.display_name]), state.channels.map((c) => [c.id, c.name]), state.usergroups]);
  if (names !== store.names) store.version++;
  store.names = names;
  store.users = byID(users);
  store.channels = byID(state.channels.map((c) => ({ ...c, is_archived: c.archived })));
  store.groups = byID(state.usergroups);
  store.commands = state.app.commands || [];
  store.shortcuts = state.app.shortcuts || [];
  store.views = state.views || [];
  store.home = state.home;
  store.files = byID(state.files);
  store.waiting = new Map(Object.entries(state.mentions)); // whoever is paged is seldom the one at the screen
  store.ephemerals = new Map();
  for (const m of state.ephemerals || []) {
    if (!store.ephemerals.has(m.channel)) store.ephemerals.set(m.channel, []);
    store.ephemerals.get(m.channel).push({ ...m, is_ephemeral: true });
  }
  store.faults = weatherOf(state);
  for (const id of [...loaded.keys()]) {
    if (store.channels.has(id)) continue;
    loaded.delete(id);
    store.messages.delete(id);
  }
}

const named = 'weather ';

function weatherOf({ faults, sockets, waiting }) {
  const all = [...faults.calls, ...faults.envelopes];
  const on = new Set(all.filter((f) => f.name?.startsWith(named)).map((f) => f.name.slice(named.length)));
  if (faults.down) on.add('down');
  const other = all.filter((f) => !f.name?.startsWith(named)).length + Number(faults.tokens_revoked) + Number(Boolean(faults.cut)) + Number(Boolean(faults.refuse));
  return { on: [...on], other, sockets, waiting };
}

/** refresh reads the state again, without messages; calls during a read make one more. */
async function refresh() {
  clearTimeout(timer);
  timer = 0;
  stale = true;
  reading ??= (async () => {
    while (stale) {
      stale = false;
      const user = store.me;
      const state = await get('state', { user, messages: 0 });
      store.offline = false;
      if (user === store.me) take(state);
      else stale = true;
    }
  })().finally(() => { reading = null; });
  await reading;
  changed();
}

function soon() {
  timer ||= setTimeout(() => refresh().catch(offline), 60);
}

function offline() {
  if (store.offline) return;
  store.offline = true;
  changed();
}

/** listen follows the live stream; everything but messages is read again. */
function listen() {
  stream?.close();
  stream = new EventSource(`/sim/api/stream?${new URLSearchParams({ user: store.me })}`);
  stream.onopen = () => {
    store.offline = false;
    resync();
  };
  stream.onerror = offline;
  stream.addEventListener('resync', resync);
  stream.onmessage = (e) => {
    const change = JSON.parse(e.data);
    if (change.kind.startsWith('message')) {
      loading.get(change.channel)?.push(change);
      apply(change);
      changed();
    }
    soon();
  };
}

function apply(change) {
  const there = store.messages.get(change.channel);
  if (change.kind === 'message') there?.set(change.ts, change.message);
  else there?.delete(change.ts);
}

/** resync reads all again that may have been missed. The workspace may be another one by now, without the open channel. */
function resync() {
  loaded.clear();
  refresh().then(() => (store.channels.has(store.channel) ? api.load(store.channel) : undefined)).catch(offline);
}

// A browser allows few connections to one server, and each window holds one:
// those out of sight let go of theirs.
document.addEventListener('visibilitychange', () => {
  if (!store.me) return;
  if (document.hidden) stream?.close();
  else listen();
});

export const api = {
  /** start becomes a user ("" for the first one) and calls back after every change. */
  async start(user, callback) {
    const state = await get('state', { user, messages: 0 }).catch(() => get('state', { messages: 0 }));
    take(state);
    changed = callback;
    listen();
  },

  async as(user) {
    store.me = user;
    store.messages.clear();
    loaded.clear();
    take(await get('state', { user, messages: 0 }));
    listen();
  },

  /** load reads the latest messages of a channel, once. */
  async load(channel) {
    if (loaded.has(channel)) return;
    const user = store.me;
    const since = [];
    loading.set(channel, since);
    const { messages, has_more } = await get('messages', { user, channel });
    if (loading.get(channel) === since) loading.delete(channel);
    if (user !== store.me) return;
    store.messages.set(channel, new Map(messages.map((m) => [m.ts, m])));
    since.forEach(apply);
    loaded.set(channel, has_more);
  },

  hasMore: (channel) => Boolean(loaded.get(channel)),

  async loadMore(channel) {
    const { messages, has_more } = await get('messages', { user: store.me, channel, before: store.list(channel)[0]?.ts || '' });
    const there = store.messages.get(channel);
    for (const m of messages) there.set(m.ts, m);
    loaded.set(channel, has_more);
    changed();
  },

  say: (channel, text, thread_ts = '', broadcast = false) => act('type', { channel, text, thread_ts, broadcast }),
  command: (channel, command, text) => act('slash', { channel, command, text }),
  react: (channel, ts, name, on) => act(on ? 'react' : 'unreact', { channel, ts, name }),
  pin: (channel, ts, on) => act(on ? 'pin' : 'unpin', { channel, ts }),
  edit: (channel, ts, text) => act('edit', { channel, ts, text }),
  remove: (channel, ts) => act('delete', { channel, ts }),
  read: (channel, ts) => act('read', { channel, ts }),

  /** press tells the app of a button or a choice; where is {channel, ts}, {home} or {view, values}. */
  press(where, action) {
    const { type, action_id, block_id, value, text, ...state } = action;
    const clicked = ['button', 'workflow_button', 'feedback_buttons', 'icon_button'].includes(type);
    const what = clicked ? value : type === 'overflow' ? state.selected_option.value : { type, ...(value === undefined ? {} : { value }), ...state };
    return reached(act(clicked ? 'press' : 'choose', { ...where, block_id, action_id, value: what }), 'This');
  },

  /** enter lets the workspace know what stands in an input that does not tell the app at once. */
  enter: (where, block, state) => act('choose', { ...where, block_id: block.block_id, action_id: block.element.action_id, value: state }),

  /** suggest asks the app for the options of an external menu. */
  async suggest(where, block, e, query) {
    const { options, problem } = await act('suggest', { ...where, block_id: block.block_id, action_id: e.action_id, query });
    if (problem) throw new Error(problem);
    return options.map((o) => ({ value: o.value, text: { type: 'plain_text', text: o.text } }));
  },

  async submit(values) {
    const { errors, trouble } = await act('submit', { values });
    return { errors: errors || {}, trouble: trouble || '' };
  },
  close: (all) => act('close', { all }),

  shortcut: (callback_id) => reached(act('shortcut', { callback_id }), 'The shortcut'),
  messageShortcut: (callback_id, channel, ts) => reached(act('message_action', { callback_id, channel, ts }), 'The shortcut'),
  home: (tab) => act('home', { tab }),

  async talk(users) {
    const { channel } = await act('open_dm', { users });
    await refresh();
    return channel;
  },
  async create(name, isPrivate = false) {
    const { channel } = await act('create_channel', { name, private: isPrivate });
    await refresh();
    return channel;
  },
  join: (channel) => act('join', { channel }),
  leave: (channel) => act('leave', { channel }),
  invite: (channel, user) => act('invite', { channel, users: [user] }),
  kick: (channel, target) => act('kick', { channel, target }),
  archive: (channel, on) => act(on ? 'archive' : 'unarchive', { channel }),
  rename: (channel, name) => act('rename', { channel, name }),
  describe: (channel, what, text) => act(what, { channel, text }),
  dnd: (target, minutes) => act('dnd', { target, minutes }),
  deactivate: (target, on) => act('deactivate', { target, on }),

  /** fault switches one kind of weather on or off. */
  fault(key, on) {
    if (key === 'down') return act('down', { on });
    if (key === 'cut') return act('sockets', { how: 'cut' });
    if (key === 'refresh') return act('sockets', { how: 'refresh_requested' });
    if (!on) return act('clear', { name: named + key });
    return Promise.all(weathers[key].map(([action, fields]) => act(action, { name: named + key, ...fields })));
  },
  clearFaults: () => act('clear', { all: true }),

  async fileText(file) {
    const response = await fetch(store.download(file));
    if (!response.ok) throw new Error('The file cannot be read');
    return response.text();
  },
};

const weathers = {
  storm: [['inject', { kind: 'rate_limit', probability: 0.5, retry_after: 2 }]],
  errors: [['inject', { kind: 'http_500', probability: 0.33 }]],
  drop: [['inject', { kind: 'drop_after', probability: 0.33 }]],
  slow: [['inject', { kind: 'delay', delay: '2s' }]],
  late: [['inject_events', { kind: 'late', type: 'events_api', delay: '30s' }]],
  twice: [['inject_events', { kind: 'duplicate', type: 'events_api' }]],
  lost: [['inject_events', { kind: 'lose', type: 'interactive' }], ['inject_events', { kind: 'lose', type: 'slash_commands' }]],
};
