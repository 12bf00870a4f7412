// The list of channels, direct messages and apps.

import { h, button, icon, menu, refill } from './dom.js';
import { avatar, presence } from './avatar.js';
import { store } from './store.js';

const folded = new Set();

/** sidebar renders the list into node; act holds what its buttons do. */
export function sidebar(node, act) {
  const all = store.visible().filter((c) => c.is_member || c.is_im || c.is_mpim);
  const named = (a, b) => store.title(a).localeCompare(store.title(b));
  const rooms = all.filter((c) => !c.is_im && !c.is_mpim);
  const live = rooms.filter((c) => !c.is_archived).sort(named);
  const old = rooms.filter((c) => c.is_archived).sort(named);
  const talks = all.filter((c) => (c.is_im && c.user !== store.app.user) || c.is_mpim).sort(named);
  const bot = store.users.get(store.app.user);
  const print = [store.me, store.channel, store.version, all.map((c) => [c.id, c.name, c.unread, c.mentions, c.is_archived, c.members]), [...store.users.values()].map((u) => [u.dnd, u.away, u.deleted])];
  refill(node, print, () => [
    section('Channels', [...live.map((c) => row(c, act)), ...old.map((c) => row(c, act))],
      button({ class: 'side-row add', data: { key: 'add-channel' }, on: { click: (e) => addMenu(e.currentTarget, act) } }, h('span', { class: 'side-icon' }, icon('plus')), h('span', { class: 'side-name', text: 'Add channels' }))),
    section('Direct messages', talks.map((c) => row(c, act)),
      button({ class: 'side-row add', data: { key: 'add-dm' }, on: { click: (e) => peopleMenu(e.currentTarget, act) } }, h('span', { class: 'side-icon' }, icon('plus')), h('span', { class: 'side-name', text: 'New message' }))),
    section('Apps', bot ? [appRow(bot, act)] : []),
  ]);
}

function section(title, rows, extra) {
  const id = `side-${title.replace(' ', '-')}`;
  const list = h('div', { id, class: 'side-list', hidden: folded.has(title) }, rows, extra);
  const head = button({ class: 'side-head', data: { key: id }, 'aria-expanded': String(!folded.has(title)), 'aria-controls': id }, icon('chevron'), title);
  head.addEventListener('click', () => {
    if (folded.has(title)) folded.delete(title);
    else folded.add(title);
    list.hidden = folded.has(title);
    head.setAttribute('aria-expanded', String(!list.hidden));
  });
  return h('div', { class: 'side-section' }, head, list);
}

function row(c, act) {
  const here = c.id === store.channel;
  const other = c.is_im ? store.users.get(c.user) : null;
  const classes = ['side-row', here ? 'here' : '', c.unread && !here ? 'unread' : '', c.is_archived ? 'archived' : '', other?.deleted ? 'archived' : ''].filter(Boolean).join(' ');
  const mark = other ? h('span', { class: 'side-icon' }, avatar(other, 'small'), other.is_bot ? null : presence(other))
    : c.is_mpim ? h('span', { class: 'side-icon' }, icon('people')) : h('span', { class: 'side-icon' }, icon(c.is_private ? 'lock' : 'hash'));
  return button({ class: classes, data: { key: c.id }, 'aria-current': here ? 'page' : null, on: { click: () => act.open(c.id) } }, mark,
    h('span', { class: 'side-name', text: store.title(c) }), c.user === store.me && c.is_im ? h('span', { class: 'you', text: 'you' }) : null,
    other?.dnd ? h('span', { class: 'side-status', title: 'Notifications paused' }, icon('muted')) : null,
    c.mentions && !here ? h('span', { class: 'count', 'aria-label': `${c.mentions} mentions`, text: c.mentions }) : null,
    c.is_archived ? h('span', { class: 'sr', text: 'archived' }) : null, c.is_private ? h('span', { class: 'sr', text: 'private' }) : null);
}

function appRow(bot, act) {
  const talk = store.visible().find((c) => c.is_im && c.user === bot.id);
  const here = store.channel === 'home' || (talk && store.channel === talk.id);
  const unread = talk?.unread && store.channel !== talk.id; // also beside the Home tab
  return button({ class: `side-row ${here ? 'here' : ''} ${unread ? 'unread' : ''}`, data: { key: 'app' }, 'aria-current': here ? 'page' : null, on: { click: () => act.app() } },
    h('span', { class: 'side-icon' }, avatar(bot, 'small')), h('span', { class: 'side-name', text: store.app.name }), unread ? h('span', { class: 'count', text: talk.mentions || talk.unread }) : null);
}

function addMenu(anchor, act) {
  const joinable = store.visible().filter((c) => !c.is_member && !c.is_im && !c.is_mpim && !c.is_private && !c.is_archived).slice(0, 15);
  menu(anchor, [
    { label: 'Create a new channel…', act: () => act.create(false) },
    { label: 'Create a private channel…', act: () => act.create(true) },
    ...(joinable.length ? ['-'] : []),
    ...joinable.map((c) => ({ label: `#${c.name}`, hint: c.topic || 'Look inside', act: () => act.open(c.id) })),
  ], 'Add channels');
}

function peopleMenu(anchor, act) {
  menu(anchor, store.people().filter((u) => u.id !== store.me).map((u) => ({ label: store.shownName(u), hint: u.title || u.real_name, icon: avatar(u, 'small'), act: () => act.talk(u.id) })), 'New message');
}
