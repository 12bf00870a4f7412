// What the page knows of the workspace, as one person sees it.

import { dayKey } from './time.js';

export const store = {
  team: { name: '' },
  app: { id: '', user: '', home: false },
  me: '',
  channel: '', // the conversation shown, or 'home' for the App's page
  users: new Map(),
  channels: new Map(),
  groups: new Map(),
  commands: [],
  shortcuts: [],
  messages: new Map(), // channel id -> Map of ts -> message
  ephemerals: new Map(), // channel id -> list
  views: [],
  home: null,
  faults: null,
  files: new Map(),
  waiting: new Map(), // user id -> unread mentions and direct messages, of those one may switch to
  offline: false,
  names: '',
  version: 0, // grows when names may have changed

  /** open is filled in by the page: what clicking a name or a channel does. */
  open: { channel() {}, profile() {}, thread() {} },

  shownName(user) {
    return user?.display_name || user?.real_name || user?.name || '';
  },

  mine() { return this.users.get(this.me); },

  zone() { return this.mine()?.tz || 'UTC'; },

  /** people are those one could mention, invite or page. */
  people() {
    return [...this.users.values()].filter((u) => !u.deleted && u.id !== 'USLACKBOT')
      .sort((a, b) => Number(a.is_bot) - Number(b.is_bot) || this.shownName(a).localeCompare(this.shownName(b)));
  },

  /** actors are those the person at the screen may be. */
  actors() { return [...this.users.values()].filter((u) => !u.is_bot && u.id !== 'USLACKBOT'); },

  visible() { return [...this.channels.values()]; },

  title(channel) {
    if (!channel) return '';
    if (channel.is_im) {
      const other = this.users.get(channel.user);
      return other ? this.shownName(other) : 'Direct message';
    }
    if (channel.is_mpim) {
      const names = (channel.members || []).filter((id) => id !== this.me).map((id) => this.shownName(this.users.get(id)) || id);
      return names.join(', ') || channel.name;
    }
    return channel.name;
  },

  author(message) {
    const user = this.users.get(message.user);
    if (message.username) return { id: message.bot_id || message.user || 'B', name: message.username, user: { id: message.bot_id || 'B', real_name: message.username, is_bot: true }, app: true };
    if (user) return { id: user.id, name: this.shownName(user), user, app: Boolean(message.bot_id) || user.is_bot };
    return { id: message.user || message.bot_id || '', name: message.bot_profile?.name || message.user || 'Someone', user: null, app: Boolean(message.bot_id) };
  },

  list(channel) {
    const all = this.messages.get(channel);
    return all ? [...all.values()].sort((a, b) => (a.ts < b.ts ? -1 : 1)) : [];
  },

  message(channel, ts) { return this.messages.get(channel)?.get(ts); },

  fileURL(file) { return file.id ? this.download(file) : file.url; },

  download(file) { return `/sim/api/files/${encodeURIComponent(file.id)}`; },

  /** wallTime writes an instant for a datetime-local field, in the person's zone. */
  wallTime(seconds) {
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en-CA', {
      timeZone: this.zone(), year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
    }).formatToParts(new Date(seconds * 1000)).map((p) => [p.type, p.value]));
    return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
  },

  /** instantOf reads such a field: the first instant at which the zone's clock shows it. */
  instantOf(text) {
    const guess = Math.floor(Date.parse(`${text}:00Z`) / 1000);
    for (let minutes = -14 * 60; minutes <= 14 * 60; minutes += 15) {
      if (this.wallTime(guess + minutes * 60) === text.slice(0, 16)) return guess + minutes * 60;
    }
    return guess;
  },

  sameDay(a, b) { return dayKey(a, this.zone()) === dayKey(b, this.zone()); },
};
