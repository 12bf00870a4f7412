// Renders one message and what one can do with it.

import { h, button, icon, popup, menu, fill } from './dom.js';
import { mrkdwn, emojiNode, snippet } from './mrkdwn.js';
import { blocks, attachments } from './blocks.js';
import { surface } from './surface.js';
import { markdown } from './richtext.js';
import { avatar } from './avatar.js';
import { emojiNames, emoji, quick } from './emoji.js';
import { clock, clockShort, tsDate, full, ago, divider } from './time.js';
import { store } from './store.js';
import { api } from './api.js';
import { yes, line, report, attempt } from './dialog.js';

const states = new Map(); // container -> values of its stateful elements

/** environment is the env (see elements.js) of a message's blocks. */
function environment(channel, message) {
  const key = `${store.me} ${channel} ${message.ts}`;
  if (!states.has(key)) states.set(key, {});
  return surface({ channel, ts: message.ts }, states.get(key));
}

const isSystem = (m) => /^(channel|group)_(join|leave|topic|purpose|name|archive|unarchive|convert)/.test(m.subtype || '') || m.subtype === 'pinned_item';

/** joins reports whether a message may stand under the one before without its head. */
export function joins(message, before) {
  return Boolean(before) && !isSystem(message) && !isSystem(before) && !message.is_ephemeral && !before.is_ephemeral
    && before.user === message.user && before.username === message.username && message.subtype !== 'tombstone' && before.subtype !== 'tombstone'
    && Number(message.ts) - Number(before.ts) < 300 && store.sameDay(tsDate(before.ts), tsDate(message.ts))
    && !(message.pinned_to || []).length && message.subtype !== 'thread_broadcast' && !message.files?.length;
}

/** messageNode renders a message; place is 'channel', 'thread' or 'pins'. */
export function messageNode(channel, message, { compact = false, place = 'channel' } = {}) {
  const author = store.author(message);
  const zone = store.zone();
  const when = tsDate(message.ts);
  const pinned = (message.pinned_to || []).includes(channel);
  const classes = ['message', compact ? 'compact' : '', pinned ? 'pinned' : '', message.is_ephemeral ? 'ephemeral' : '', isSystem(message) ? 'system' : '']
    .filter(Boolean).join(' ');
  const time = h('time', { class: 'when', datetime: when.toISOString(), title: full(when, zone), text: compact ? clockShort(when, zone) : clock(when, zone) });
  const node = h('article', { class: classes, tabindex: '-1', data: { ts: message.ts }, 'aria-label': `${author.name}, ${clock(when, zone)}` },
    pinned && place !== 'pins' ? h('div', { class: 'message-flag pin-flag' }, icon('pin'), `Pinned by ${pinner(message)}`) : null,
    message.is_ephemeral ? h('div', { class: 'message-flag' }, icon('eye'), 'Only visible to you') : null,
    h('div', { class: 'message-row' },
      h('div', { class: 'message-gutter' }, compact ? time : author.user ? faceButton(author) : avatar(null)),
      h('div', { class: 'message-body' },
        compact ? null : h('div', { class: 'message-head' },
          author.user && !author.app ? button({ class: 'author', on: { click: (e) => store.open.profile(author.id, e.currentTarget) } }, author.name) : h('span', { class: 'author', text: author.name }),
          author.app ? h('span', { class: 'badge', text: 'APP' }) : null, time),
        message.subtype === 'thread_broadcast' && place === 'channel' ? h('div', { class: 'broadcast' }, 'replied to a thread: ', button({ class: 'link', on: { click: () => store.open.thread(message.thread_ts) } }, parentSnippet(channel, message))) : null,
        content(channel, message),
        reactions(channel, message),
        place === 'channel' ? threadFooter(message) : null)));
  if (place !== 'pins' && message.subtype !== 'tombstone') node.append(toolbar(channel, message, place));
  return node;
}

function faceButton(author) {
  return button({ class: 'face', 'aria-label': `Profile of ${author.name}`, tabindex: '-1', on: { click: (e) => store.open.profile(author.user.id, e.currentTarget) } }, avatar(author.user));
}

function pinner(message) {
  const by = message.pinned_info?.pinned_by;
  return by === store.me ? 'you' : store.shownName(store.users.get(by)) || 'someone';
}

function parentSnippet(channel, message) {
  const parent = store.message(channel, message.thread_ts);
  return parent ? snippet(parent, 60) : 'thread';
}

function content(channel, message) {
  if (message.subtype === 'tombstone') return h('div', { class: 'message-text muted', text: 'This message was deleted.' });
  const env = environment(channel, message);
  const fromApp = Boolean(message.bot_id || message.app_id) || message.is_ephemeral;
  const useBlocks = message.blocks?.length && (fromApp || !message.text);
  return h('div', { class: 'message-text' },
    useBlocks ? blocks(message.blocks, env) : message.text ? h('div', {}, mrkdwn(isSystem(message) ? withoutSubject(message) : message.text)) : null,
    message.edited && !(useBlocks && fromApp) ? h('span', { class: 'edited', title: full(tsDate(message.edited.ts), store.zone()), text: ' (edited)' }) : null,
    attachments(message.attachments, env),
    (message.files || []).map((f) => fileNode(f)));
}

/** withoutSubject drops the name at the start of "@dev1 joined", which stands above the line already. */
function withoutSubject(message) {
  const subject = `<@${message.user}> `;
  return message.text.startsWith(subject) ? message.text.slice(subject.length) : message.text;
}

const opened = new Map(); // file id -> its text, of those shown

/** fileNode shows a file: images inline, texts behind "Show", all to download. */
function fileNode(file) {
  const href = store.download(file);
  const name = file.title || file.name || file.id;
  const image = (file.mimetype || '').startsWith('image/') && !file.mimetype.includes('svg');
  const save = h('a', { class: 'plain-icon', href, download: file.name || '', 'aria-label': `Download ${name}` }, icon('download'));
  if (image) return h('figure', { class: 'file image' }, h('figcaption', {}, name, save), h('img', { class: 'picture large', src: href, alt: name, loading: 'lazy' }));
  const shown = h('div', { class: 'file-content' });
  const textual = /^(text|application\/json)/.test(file.mimetype || '') || /\.(md|markdown|txt|log|json|ya?ml|csv|ics)$/i.test(file.name || '');
  const toggle = button({ class: 'link' });
  const show = () => {
    const words = opened.get(file.id);
    toggle.textContent = words === undefined ? 'Show' : 'Hide';
    toggle.setAttribute('aria-expanded', String(words !== undefined));
    fill(shown, words === undefined ? null : /\.(md|markdown)$/i.test(file.name || '') ? markdown(words) : h('pre', { class: 'code-block', text: words }));
  };
  toggle.addEventListener('click', async () => {
    if (!opened.delete(file.id)) {
      try {
        opened.set(file.id, await api.fileText(file));
      } catch (problem) {
        report(problem.message);
      }
    }
    show();
  });
  show();
  const size = file.size >= 1024 ? `${(file.size / 1024).toFixed(1)} kB` : `${file.size ?? 0} bytes`;
  return h('div', { class: 'file' }, h('div', { class: 'file-head' }, h('span', { class: 'file-icon' }, icon('file')),
    h('div', { class: 'file-name' }, h('strong', { text: name }), h('small', { text: `${file.pretty_type || file.filetype || 'File'} · ${size}` })), textual ? toggle : null, save), shown);
}

function reactions(channel, message) {
  if (!message.reactions?.length) return null;
  return h('div', { class: 'reactions' }, message.reactions.map((r) => {
    const mine = r.users.includes(store.me);
    const names = r.users.map((id) => (id === store.me ? 'you' : store.shownName(store.users.get(id)) || id)).join(', ');
    return button({
      class: mine ? 'reaction mine' : 'reaction', 'aria-pressed': String(mine), 'aria-label': `${r.count} reacted with ${r.name}: ${names}`, title: `${names} reacted with :${r.name}:`,
      on: { click: () => attempt(api.react(channel, message.ts, r.name, !mine)) },
    }, emojiNode(r.name) || `:${r.name}:`, h('span', { class: 'count', text: r.count }));
  }), button({ class: 'reaction add', 'aria-label': 'Add a reaction', on: { click: (e) => pickEmoji(e.currentTarget, (name) => attempt(api.react(channel, message.ts, name, true))) } }, icon('smile')));
}

function threadFooter(message) {
  if (!message.reply_count) return null;
  const faces = (message.reply_users || []).slice(0, 4).map((id) => store.users.get(id) || { id, real_name: 'App', is_bot: true });
  return button({ class: 'thread-footer', on: { click: () => store.open.thread(message.ts) } },
    faces.map((u) => avatar(u, 'small')), h('strong', { text: `${message.reply_count} ${message.reply_count === 1 ? 'reply' : 'replies'}` }),
    h('span', { class: 'muted', text: `Last reply ${ago(tsDate(message.latest_reply))}` }));
}

/** pickEmoji shows a small picker with a search field. */
export function pickEmoji(anchor, pick) {
  let close = () => {};
  const list = h('div', { class: 'emoji-grid' });
  const search = h('input', { class: 'field', type: 'text', placeholder: 'Search emoji', 'aria-label': 'Search emoji', autocomplete: 'off' });
  const show = () => {
    const query = search.value.trim().toLowerCase().replaceAll(':', '');
    const names = query ? emojiNames(query, 40) : [...quick, ...emojiNames('', 60).filter((n) => !quick.includes(n))].slice(0, 56);
    list.classList.toggle('named', names.some((name) => !emoji(name)));
    fill(list, names.length ? names.map((name) => button({ class: 'emoji-choice', title: `:${name}:`, 'aria-label': name, on: { click: () => { close(); pick(name); } } }, emoji(name) || h('small', { text: name }))) : h('p', { class: 'hint', text: 'No such emoji' }));
  };
  search.addEventListener('input', show);
  search.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter') return;
    e.preventDefault();
    list.querySelector('button')?.click();
  });
  show();
  close = popup(anchor, h('div', { class: 'picker', role: 'dialog', 'aria-label': 'Emoji' }, search, list));
  search.focus();
}

function toolbar(channel, message, place) {
  if (message.is_ephemeral) {
    return h('div', { class: 'toolbar' }, button({ class: 'tool', title: 'Dismiss', 'aria-label': 'Dismiss message', on: { click: () => store.open.dismiss(channel, message.ts) } }, icon('close')));
  }
  const react = (name) => button({ class: 'tool', title: `React with :${name}:`, 'aria-label': `React with ${name}`, on: { click: () => attempt(api.react(channel, message.ts, name, true)) } }, emojiNode(name));
  return h('div', { class: 'toolbar', role: 'toolbar', 'aria-label': 'Message actions' },
    isSystem(message) ? null : [react('pushpin'), react('eyes'), react('white_check_mark')],
    button({ class: 'tool', title: 'Add reaction', 'aria-label': 'Add reaction', on: { click: (e) => pickEmoji(e.currentTarget, (name) => attempt(api.react(channel, message.ts, name, true))) } }, icon('smile')),
    place === 'channel' && !isSystem(message) ? button({ class: 'tool', title: 'Reply in thread', 'aria-label': 'Reply in thread', on: { click: () => store.open.thread(message.thread_ts || message.ts) } }, icon('reply')) : null,
    button({ class: 'tool', title: 'More actions', 'aria-label': 'More actions', 'aria-haspopup': 'menu', on: { click: (e) => more(e.currentTarget, channel, message) } }, icon('more')));
}

function more(anchor, channel, message) {
  const pinned = (message.pinned_to || []).includes(channel);
  const own = message.user === store.me && !message.bot_id;
  const items = [
    pinned ? { label: 'Un-pin from channel', act: () => attempt(api.pin(channel, message.ts, false)) } : { label: 'Pin to channel', act: () => attempt(api.pin(channel, message.ts, true)) },
    { label: 'Copy text', act: () => navigator.clipboard?.writeText(snippet(message, 40_000)).then(() => report('Copied', 'right'), () => report('The browser does not allow copying here')) },
  ];
  const shortcuts = store.shortcuts.filter((s) => s.type === 'message');
  if (shortcuts.length) items.push('-');
  for (const s of shortcuts) items.push({ label: s.name, hint: `${store.app.name} · ${s.description}`, act: () => attempt(api.messageShortcut(s.callback_id, channel, message.ts)) });
  if (own && !isSystem(message)) {
    items.push('-', { label: 'Edit message', act: () => edit(channel, message) }, {
      label: 'Delete message…', danger: true,
      act: async () => { if (await yes('Delete message', 'Are you sure you want to delete this message? This cannot be undone.', 'Delete')) attempt(api.remove(channel, message.ts)); },
    });
  }
  menu(anchor, items, 'More actions');
}

async function edit(channel, message) {
  const words = await line('Edit message', 'Message', typedText(message.text), { long: true });
  if (words !== null && words.trim()) attempt(api.edit(channel, message.ts, words));
}

/** typedText turns stored text into what the person would type again. */
function typedText(text) {
  return text.replace(/<@([A-Z0-9]+)(\|[^>]*)?>/g, (all, id) => (store.users.get(id) ? `@${store.users.get(id).name}` : all))
    .replace(/<#([A-Z0-9]+)(\|[^>]*)?>/g, (all, id) => (store.channels.get(id) ? `#${store.channels.get(id).name}` : all))
    .replace(/<!(here|channel|everyone)>/g, '@$1').replace(/<(https?:[^|>]+)(\|[^>]*)?>/g, '$1')
    .replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

/** repliesLine stands in a thread between its first message and the replies. */
export function repliesLine(n) {
  return h('div', { class: 'replies-line', role: 'separator' }, h('span', { text: n === 1 ? '1 reply' : `${n} replies` }));
}

/** dayLine is the divider between two days. */
export function dayLine(ts) {
  return h('div', { class: 'day', role: 'separator' }, h('span', { text: divider(tsDate(ts), store.zone()) }));
}
