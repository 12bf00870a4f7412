// Turns Slack's mrkdwn and plain text into DOM nodes.

import { h, link, word, icon } from './dom.js';
import { emoji, known, missingName } from './emoji.js';
import { slackDate, tsDate, full } from './time.js';
import { store } from './store.js';

/** decode undoes Slack's three entities; the result is only ever used as text. */
const decode = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

/** mrkdwn renders a whole text: code blocks, quotes, lists of lines and marks. */
export function mrkdwn(text) {
  const root = document.createDocumentFragment();
  const parts = String(text ?? '').split('```');
  const closed = parts.length % 2 === 1;
  parts.forEach((part, i) => {
    if (i % 2 === 1 && (closed || i < parts.length - 1)) root.append(codeBlock(part));
    else paragraphs(i % 2 === 1 ? '```' + part : part, root, i > 0);
  });
  return root;
}

function codeBlock(text) {
  const inside = text.replace(/^\n/, '').replace(/\n$/, '');
  return h('pre', { class: 'code-block' }, ...tokens(inside, { plain: true }));
}

function paragraphs(text, root, afterCode) {
  const body = afterCode ? text.replace(/^\n/, '') : text;
  let quote = null;
  let line = null;
  for (const source of body.split('\n')) {
    const quoted = /^(&gt;|>)\s?/.exec(source);
    if (quoted) {
      if (!quote) root.append(quote = h('blockquote'));
      else quote.append(h('br'));
      quote.append(...inline(source.slice(quoted[0].length)));
      line = null;
      continue;
    }
    quote = null;
    if (line) root.append(h('br'));
    line = inline(source);
    root.append(...line);
  }
}

/** inline renders one line. */
export function inline(text) {
  return tokens(text, { plain: false });
}

const marks = { '*': 'strong', _: 'em', '~': 'del' };

/** tokens walks over the text once and nests styled parts; plain allows links only. */
function tokens(text, { plain }) {
  const nodes = [];
  let run = '';
  const flush = () => {
    if (run) nodes.push(...words(run, plain));
    run = '';
  };
  for (let i = 0; i < text.length;) {
    const c = text[i];
    if (c === '<') {
      const end = text.indexOf('>', i);
      const node = end > i ? construct(text.slice(i + 1, end)) : null;
      if (node) {
        flush();
        nodes.push(node);
        i = end + 1;
        continue;
      }
    }
    if (!plain && c === '`') {
      const end = text.indexOf('`', i + 1);
      if (end > i + 1) {
        flush();
        nodes.push(h('code', {}, ...tokens(text.slice(i + 1, end), { plain: true })));
        i = end + 1;
        continue;
      }
    }
    if (!plain && marks[c]) {
      const end = closing(text, i);
      if (end > 0) {
        flush();
        nodes.push(h(marks[c], {}, ...tokens(text.slice(i + 1, end), { plain })));
        i = end + 1;
        continue;
      }
    }
    run += c;
    i++;
  }
  flush();
  return nodes;
}

const wordy = /[\p{L}\p{N}]/u;

/** closing finds the mark that ends a style: marks count at word boundaries only. */
function closing(text, start) {
  const mark = text[start];
  const before = text[start - 1];
  const after = text[start + 1];
  if ((before && wordy.test(before)) || !after || /\s/.test(after) || after === mark) return -1;
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\n') return -1;
    if (text[i] === '<') {
      const end = text.indexOf('>', i);
      if (end > 0) i = end;
      continue;
    }
    if (text[i] === '`') {
      const end = text.indexOf('`', i + 1);
      if (end > 0) i = end;
      continue;
    }
    if (text[i] !== mark || /\s/.test(text[i - 1])) continue;
    const next = text[i + 1];
    if (!next || !wordy.test(next)) return i;
  }
  return -1;
}

const emojiPattern = /:([a-z0-9_+'-]+)(?:::skin-tone-[2-6])?:|\p{Extended_Pictographic}\uFE0F?/gu;
const wordPattern = new RegExp(`${emojiPattern.source}|https?:\\/\\/[^\\s<>"]+[^\\s<>".,;:!?)\\]']`, 'gu');

/** emojiFor is the node for a match of emojiPattern, or null to leave the text as it is. */
function emojiFor(match) {
  const name = match[1] || missingName(match[0]);
  return name ? emojiNode(name) : null;
}

/** words handles what is neither construct nor mark: emoji names and bare addresses. */
function words(text, plain) {
  const nodes = [];
  let last = 0;
  for (const match of text.matchAll(wordPattern)) {
    const node = match[0].startsWith('http') ? link(decode(match[0])) : plain ? null : emojiFor(match);
    if (!node) continue;
    if (match.index > last) nodes.push(decode(text.slice(last, match.index)));
    nodes.push(node);
    last = match.index + match[0].length;
  }
  if (last < text.length) nodes.push(decode(text.slice(last)));
  return nodes;
}

// What stands for an emoji on machines whose fonts lack it.
const standIns = {
  pushpin: 'pin', round_pushpin: 'pin', eyes: 'eye', white_check_mark: 'check', heavy_check_mark: 'check', warning: 'warn', x: 'close', rotating_light: 'siren',
  bell: 'bell', pager: 'bell', memo: 'file', page_facing_up: 'file', link: 'link', lock: 'lock', zap: 'bolt', speech_balloon: 'reply', no_bell: 'muted',
};

/** emojiNode shows an emoji by name, or null when the name is unknown. */
export function emojiNode(name) {
  const chars = emoji(name);
  const about = { role: 'img', 'aria-label': `${name} emoji`, title: `:${name}:` };
  if (chars) return h('span', { class: 'emoji', ...about, text: chars });
  const dot = /^(?:large_)?(red|orange|yellow|green|blue|purple)_circle$/.exec(name);
  if (dot) return h('span', { class: `emoji-dot ${dot[1]}`, ...about });
  if (standIns[name]) return h('span', { class: 'emoji-icon', ...about }, icon(standIns[name]));
  return known(name) ? h('span', { class: 'emoji-name', text: `:${name}:` }) : null;
}

/** plainNodes is plain text with its emoji names shown as emoji. */
export function plainNodes(text) {
  const nodes = [];
  let last = 0;
  for (const match of String(text ?? '').matchAll(emojiPattern)) {
    const node = emojiFor(match);
    if (!node) continue;
    nodes.push(text.slice(last, match.index), node);
    last = match.index + match[0].length;
  }
  return [...nodes, text.slice(last)];
}

/** construct renders the inside of <…>, or returns null if it is none. */
function construct(source) {
  const bar = source.indexOf('|');
  const head = bar < 0 ? source : source.slice(0, bar);
  const label = bar < 0 ? '' : decode(source.slice(bar + 1));
  if (head.startsWith('@')) return userNode(head.slice(1), label);
  if (head.startsWith('#')) return channelNode(head.slice(1), label);
  if (head.startsWith('!')) return special(head.slice(1), label);
  if (/^(https?:|mailto:|tel:)/i.test(head)) {
    const address = decode(head);
    return link(address, label || address.replace(/^(mailto|tel):/, ''));
  }
  return null;
}

function special(head, label) {
  if (['here', 'channel', 'everyone'].includes(head)) return h('span', { class: 'mention me', text: `@${head}` });
  const [kind, ...rest] = head.split('^');
  if (kind === 'subteam') return groupNode(rest[0], label);
  if (kind === 'date') return dateNode(Number(rest[0]), rest[1] || '', rest[2], label);
  return h('span', { text: label || `<${head}>` });
}

export function userNode(id, label = '') {
  const user = store.users.get(id);
  const name = user ? store.shownName(user) : label || id;
  return word({ class: id === store.me ? 'mention me' : 'mention' }, `@${name}`, (e) => store.open.profile(id, e.currentTarget));
}

export function channelNode(id, label = '') {
  const channel = store.channels.get(id);
  if (!channel) return h('span', { class: 'mention', text: label ? `#${label}` : '#private-channel' });
  return word({ class: 'mention' }, `#${channel.name}`, () => store.open.channel(id));
}

export function groupNode(id, label = '') {
  const group = store.groups.get(id);
  const mine = group?.users?.includes(store.me);
  return h('span', { class: mine ? 'mention me' : 'mention', title: group?.name, text: `@${group?.handle || label.replace(/^@/, '') || id}` });
}

export function dateNode(seconds, pattern, address, fallback) {
  if (!Number.isFinite(seconds)) return h('span', { text: fallback || '' });
  const zone = store.zone();
  const text = slackDate(seconds, decode(pattern), zone) || fallback;
  const node = h('time', { title: full(tsDate(seconds), zone), datetime: new Date(seconds * 1000).toISOString(), text });
  return address ? link(decode(address), node) : node;
}

/** snippet is the first words of a message without any markup, for previews. */
export function snippet(message, length = 90) {
  const box = document.createElement('div');
  box.append(mrkdwn(message.text || ''));
  const text = box.textContent.replace(/\s+/g, ' ').trim();
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
