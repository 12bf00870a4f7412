// The panel at the side: a thread, the pinned messages, a channel's details, a
// person's profile, or the weather.

import { h, button, icon, fill, refill, link } from './dom.js';
import { MessageList } from './list.js';
import { Composer } from './composer.js';
import { messageNode } from './message.js';
import { mrkdwn, plainNodes } from './mrkdwn.js';
import { avatar, presence } from './avatar.js';
import { zoneLabel, clock } from './time.js';
import { weather } from './weather.js';
import { store } from './store.js';
import { api } from './api.js';
import { line, yes, attempt } from './dialog.js';

/** Panel is one of: null, {kind, channel, ts, user}. */
export class Panel {
  constructor(node, changed) {
    this.node = node;
    this.changed = changed;
    this.what = null;
    this.thread = new MessageList('Thread', 'thread');
    this.composer = new Composer({ thread: true, send: (text) => this.reply(text) });
    this.broadcast = h('input', { type: 'checkbox', id: 'broadcast' });
    this.composer.node.append(h('label', { class: 'broadcast-choice', for: 'broadcast' }, this.broadcast, h('span', { text: 'Also send to the channel' })));
    node.addEventListener('keydown', (e) => { if (e.key === 'Escape' && !e.defaultPrevented) this.close(); });
  }

  open(what) {
    this.back = document.activeElement;
    this.what = what;
    this.built = '';
    this.render();
    this.changed();
    if (what.kind === 'thread') this.composer.focus();
    else this.node.querySelector('button')?.focus();
  }

  close() {
    if (!this.what) return;
    this.what = null;
    this.render();
    this.changed();
    if (this.back?.isConnected) this.back.focus();
  }

  toggle(what) {
    if (this.what?.kind === what.kind && this.what.channel === what.channel) this.close();
    else this.open(what);
  }

  async reply(text) {
    const { channel, ts } = this.what;
    if (/^\/\w/.test(text)) throw new Error(`${text.split(' ')[0]} is not supported in threads. Slash commands work in the channel; here, mention the app instead.`);
    await api.say(channel, text, ts, this.broadcast.checked);
    this.broadcast.checked = false;
    this.thread.atEnd = true;
  }

  render() {
    const { node, what } = this;
    node.hidden = !what;
    if (!what) return node.replaceChildren();
    const channel = store.channels.get(what.channel);
    if (what.channel && !channel) return this.close();
    const about = [what, store.me, store.version];
    switch (what.kind) {
      case 'thread': return this.renderThread(channel);
      case 'pins': return this.frame('Pinned messages', title(channel), [about, channel.pins, store.list(channel.id).filter((m) => m.pinned_to?.length)], () => pins(channel));
      case 'details': return this.frame('About this channel', title(channel), [about, channel], () => details(channel));
      case 'profile': return this.frame('Profile', '', [about, store.users.get(what.user)], () => profile(store.users.get(what.user)));
      case 'weather': return this.frame('Weather', 'What happens to Slack', [about, store.faults], weather);
      default: return undefined;
    }
  }

  frame(name, sub, print, body) {
    if (this.built !== name) {
      this.built = name;
      this.body = h('div', { class: 'panel-body' });
      fill(this.node, head(name, sub, () => this.close()), this.body);
    }
    refill(this.body, print, body);
  }

  renderThread(channel) {
    const { ts } = this.what;
    const all = store.list(channel.id);
    const parent = all.find((m) => m.ts === ts);
    const replies = all.filter((m) => m.thread_ts === ts && m.ts !== ts);
    const hidden = (store.ephemerals.get(channel.id) || []).filter((m) => m.thread_ts === ts);
    const messages = [...(parent ? [parent] : []), ...[...replies, ...hidden].sort((a, b) => (a.ts < b.ts ? -1 : 1))];
    const key = `thread ${channel.id} ${ts}`;
    if (this.built !== key) {
      this.built = key;
      fill(this.node, head('Thread', title(channel), () => this.close()), this.thread.node, this.composer.node);
    }
    this.thread.show(channel.id, messages, { scope: `${store.me} ${key}` });
    this.composer.show(`${store.me} ${key}`, 'Reply…', channel.is_archived ? 'This channel is archived' : '');
  }
}

const title = (channel) => (channel ? (channel.is_im || channel.is_mpim ? '' : channel.is_private ? '🔒 ' : '#') + store.title(channel) : '');

function head(name, sub, close) {
  return h('header', { class: 'panel-head' }, h('div', {}, h('h2', { text: name }), sub ? h('small', { text: sub }) : null),
    button({ class: 'plain-icon', 'aria-label': `Close ${name.toLowerCase()}`, data: { key: 'close' }, on: { click: close } }, icon('close')));
}

function pins(channel) {
  const pinned = store.list(channel.id).filter((m) => (m.pinned_to || []).includes(channel.id)).reverse();
  const further = (channel.pins?.length || 0) - pinned.length;
  if (!pinned.length && !further) return h('p', { class: 'empty', text: 'Nothing is pinned here yet. Open a message’s menu and choose “Pin to channel”.' });
  return [pinned.map((m) => h('div', { class: 'pin-card' }, messageNode(channel.id, m, { place: 'pins' }),
    button({ class: 'link', on: { click: () => store.open.message(channel.id, m) } }, 'Show in conversation'))),
    further > 0 ? h('p', { class: 'hint', text: `${further} more further up: show earlier messages first.` }) : null];
}

function details(channel) {
  const members = (channel.members || []).map((id) => store.users.get(id)).filter(Boolean);
  const act = (label, run, style = '') => button({ class: `bk-button ${style}`, data: { key: label }, on: { click: run } }, label);
  const field = (name, value, change) => h('div', { class: 'detail' }, h('div', { class: 'detail-head' }, h('strong', { text: name }),
    channel.is_archived || !channel.is_member ? null : button({ class: 'link', data: { key: name }, on: { click: change } }, 'Edit')), h('div', {}, value ? mrkdwn(value) : h('span', { class: 'muted', text: 'None' })));
  const set = (what, current) => async () => {
    const text = await line(`Edit ${what}`, what, current);
    if (text !== null) attempt(api.describe(channel.id, what, text));
  };
  return [
    field('Topic', channel.topic, set('topic', channel.topic)), field('Description', channel.purpose, set('purpose', channel.purpose)),
    h('div', { class: 'detail' }, h('div', { class: 'detail-head' }, h('strong', { text: `Members (${members.length})` })),
      h('div', { class: 'member-list' }, members.map((u) => button({ class: 'member', on: { click: (e) => store.open.profile(u.id, e.currentTarget) } }, avatar(u, 'small'), h('span', { text: store.shownName(u) }), u.is_bot ? h('span', { class: 'badge', text: 'APP' }) : presence(u))))),
    h('div', { class: 'detail actions' },
      channel.is_archived ? act('Unarchive', () => attempt(api.archive(channel.id, false))) : null,
      !channel.is_archived && !channel.is_member ? act('Join channel', () => attempt(api.join(channel.id)), 'primary') : null,
      channel.is_archived || !channel.is_member ? null : [
        act('Add people…', (e) => store.open.invite(channel.id, e.currentTarget)),
        act('Rename…', async () => { const name = await line('Rename channel', 'Name', channel.name); if (name) attempt(api.rename(channel.id, name)); }),
        act('Leave', () => attempt(api.leave(channel.id))),
        act('Archive…', async () => { if (await yes('Archive channel', `Nobody can post in #${channel.name} any more.`, 'Archive')) attempt(api.archive(channel.id, true)); }, 'danger'),
      ]),
  ];
}

function profile(user) {
  if (!user) return h('p', { class: 'empty', text: 'This person is not in the workspace.' });
  const pause = (minutes) => attempt(api.dnd(user.id, minutes));
  return h('div', { class: 'profile' }, avatar(user, 'large'), h('h3', {}, store.shownName(user), ' ', user.is_bot ? h('span', { class: 'badge', text: 'APP' }) : presence(user)),
    h('p', { class: 'muted', text: [user.real_name !== store.shownName(user) ? user.real_name : '', user.title].filter(Boolean).join(' · ') }),
    user.status_text || user.status_emoji ? h('p', {}, plainNodes(`${user.status_emoji || ''} ${user.status_text || ''}`)) : null,
    user.deleted ? h('p', { class: 'error', text: 'Deactivated account' }) : null,
    h('dl', {}, h('dt', { text: 'Handle' }), h('dd', { text: `@${user.name}` }), h('dt', { text: 'Member ID' }), h('dd', {}, h('code', { text: user.id })),
      user.is_bot ? null : [h('dt', { text: 'Local time' }), h('dd', { text: zoneLabel(user.tz) })],
      user.email ? [h('dt', { text: 'E-mail' }), h('dd', {}, link(`mailto:${user.email}`, user.email))] : null,
      user.dnd ? [h('dt', { text: 'Notifications' }), h('dd', { text: `paused until ${clock(new Date(user.dnd), store.zone())}` })] : null),
    h('div', { class: 'detail actions' },
      user.id === store.me || user.deleted ? null : button({ class: 'bk-button', data: { key: 'talk' }, on: { click: () => store.open.talk(user.id) } }, 'Message'),
      user.is_bot || user.id === store.me || user.deleted ? null : button({ class: 'bk-button', data: { key: 'be' }, on: { click: () => store.open.be(user.id) } }, `Act as ${store.shownName(user)}`),
      user.is_bot ? null : [
        user.dnd ? button({ class: 'bk-button', data: { key: 'dnd' }, on: { click: () => pause(0) } }, 'Resume notifications') : button({ class: 'bk-button', data: { key: 'dnd' }, on: { click: () => pause(60) } }, 'Pause notifications for an hour'),
        user.deleted ? button({ class: 'bk-button', data: { key: 'on' }, on: { click: () => attempt(api.deactivate(user.id, false)) } }, 'Reactivate')
          : button({ class: 'bk-button danger', data: { key: 'off' }, on: { click: () => attempt(api.deactivate(user.id, true)) } }, 'Deactivate'),
      ]));
}
