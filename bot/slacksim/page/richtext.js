// Renders rich_text blocks and the Markdown of markdown blocks.

import { h, link } from './dom.js';
import { userNode, channelNode, groupNode, dateNode, emojiNode } from './mrkdwn.js';

const styles = { bold: 'strong', italic: 'em', strike: 'del', code: 'code' };

/** richText renders a rich_text block's elements. */
export function richText(block) {
  return h('div', { class: 'rich-text' }, (block.elements || []).map(part));
}

function part(element) {
  const inside = () => (element.elements || []).map(leaf);
  switch (element.type) {
    case 'rich_text_section': return h('div', { class: 'rich-section' }, inside());
    case 'rich_text_preformatted': return h('pre', { class: 'code-block' }, inside());
    case 'rich_text_quote': return h('blockquote', {}, inside());
    case 'rich_text_list': {
      const ordered = element.style === 'ordered';
      return h(ordered ? 'ol' : 'ul', { class: `rich-list indent-${element.indent || 0}`, start: ordered && element.offset ? element.offset + 1 : null },
        (element.elements || []).map((item) => h('li', {}, (item.elements || []).map(leaf))));
    }
    default: return null;
  }
}

function leaf(element) {
  let node = bare(element);
  for (const [style, tag] of Object.entries(styles)) {
    if (element.style?.[style] && node) node = h(tag, {}, node);
  }
  return node;
}

function bare(element) {
  switch (element.type) {
    case 'text': return lines(element.text);
    case 'link': return link(element.url, element.text || element.url);
    case 'emoji': return emojiNode(element.name) || `:${element.name}:`;
    case 'user': return userNode(element.user_id);
    case 'channel': return channelNode(element.channel_id);
    case 'usergroup': return groupNode(element.usergroup_id);
    case 'broadcast': return h('span', { class: 'mention me', text: `@${element.range}` });
    case 'date': return dateNode(Number(element.timestamp), element.format, element.url, element.fallback);
    case 'color': return h('code', { text: element.value });
    default: return null;
  }
}

function lines(text) {
  const box = document.createDocumentFragment();
  String(text).split('\n').forEach((line, i) => {
    if (i) box.append(h('br'));
    box.append(line);
  });
  return box;
}

/** markdown renders the subset of Markdown that Slack's markdown block and .md files need. */
export function markdown(text) {
  const root = h('div', { class: 'markdown' });
  const source = String(text).replace(/\r\n?/g, '\n').split('\n');
  let list = null;
  let paragraph = null;
  const reset = () => { list = null; paragraph = null; };
  for (let i = 0; i < source.length; i++) {
    const line = source[i];
    let match;
    if (/^\s*(```|~~~)/.test(line)) {
      const fence = line.trim().slice(0, 3);
      const code = [];
      while (++i < source.length && !source[i].trim().startsWith(fence)) code.push(source[i]);
      root.append(h('pre', { class: 'code-block', text: code.join('\n') }));
      reset();
    } else if ((match = /^(#{1,6})\s+(.*)$/.exec(line))) {
      root.append(h(`h${Math.min(6, match[1].length + 2)}`, {}, spans(match[2].replace(/\s#+\s*$/, ''))));
      reset();
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      root.append(h('hr'));
      reset();
    } else if (isRow(line) && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(source[i + 1] || '') && source[i + 1].includes('-')) {
      const rows = [cells(line)];
      for (i += 2; i < source.length && isRow(source[i]); i++) rows.push(cells(source[i]));
      i--;
      root.append(grid(rows.map((row) => row.map(spans))));
      reset();
    } else if ((match = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/.exec(line))) {
      const kind = /\d/.test(match[2]) ? 'ol' : 'ul';
      const depth = Math.min(4, Math.floor(match[1].replace(/\t/g, '    ').length / 2));
      if (!list || list.localName !== kind) {
        list = h(kind, { start: kind === 'ol' ? Number.parseInt(match[2], 10) : null });
        root.append(list);
      }
      list.append(h('li', { class: `indent-${depth}` }, task(match[3])));
      paragraph = null;
    } else if ((match = /^\s*>\s?(.*)$/.exec(line))) {
      const last = root.lastElementChild;
      if (last?.localName === 'blockquote' && source[i - 1]?.trimStart().startsWith('>')) last.append(h('br'), ...spans(match[1]));
      else root.append(h('blockquote', {}, spans(match[1])));
      reset();
    } else if (!line.trim()) {
      reset();
    } else if (list && /^\s{2,}/.test(line)) {
      list.lastElementChild.append(' ', ...spans(line.trim()));
    } else {
      if (paragraph) paragraph.append(/ {2}$/.test(source[i - 1]) ? h('br') : ' ');
      else root.append(paragraph = h('p'));
      list = null;
      paragraph.append(...spans(line.trimEnd()));
    }
  }
  return root;
}

const isRow = (line) => line !== undefined && line.includes('|') && line.trim() !== '';

const cells = (line) => line.trim().replace(/^\|/, '').replace(/\|$/, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\\|/g, '|'));

function task(text) {
  const match = /^\[([ xX])\]\s+(.*)$/.exec(text);
  return match ? [match[1] === ' ' ? '☐ ' : '☑ ', ...spans(match[2])] : spans(text);
}

/** grid makes a table whose first row is the header; cells are lists of nodes. */
export function grid(rows, columns = []) {
  const align = (j) => (['center', 'right'].includes(columns[j]?.align) ? `align-${columns[j].align}` : null);
  const [head, ...body] = rows;
  return h('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Table' }, h('table', {},
    h('thead', {}, h('tr', {}, (head || []).map((cell, j) => h('th', { scope: 'col', class: align(j) }, cell)))),
    h('tbody', {}, body.map((row) => h('tr', {}, row.map((cell, j) => h('td', { class: align(j) }, cell)))))));
}

const spanPattern = /\\([\\`*_{}[\]()#+.!|~>-])|`([^`]+)`|\*\*(.+?)\*\*|__(.+?)__|~~(.+?)~~|\*([^*\s][^*]*)\*|(?<![\w])_([^_\s][^_]*)_(?![\w])|\[([^\]]+)\]\(([^)\s]+)\)|<(https?:[^>\s]+)>|(https?:\/\/[^\s<>)]+[^\s<>).,;:!?])|:([a-z0-9_+'-]+):|<!--.*?-->/g;

/** spans renders one line of Markdown. */
function spans(text) {
  const nodes = [];
  let last = 0;
  for (const m of text.matchAll(spanPattern)) {
    const node = span(m);
    if (node === null) continue;
    if (m.index > last) nodes.push(text.slice(last, m.index));
    nodes.push(node);
    last = m.index + m[0].length;
  }
  if (last < text.length) nodes.push(text.slice(last));
  return nodes;
}

function span([all, escaped, code, bold, bold2, strike, italic, italic2, label, address, angle, bare_, name]) {
  if (escaped) return escaped;
  if (code) return h('code', { text: code });
  if (bold || bold2) return h('strong', {}, spans(bold || bold2));
  if (strike) return h('del', {}, spans(strike));
  if (italic || italic2) return h('em', {}, spans(italic || italic2));
  if (label) return link(address, ...spans(label));
  if (angle || bare_) return link(angle || bare_);
  if (name) return emojiNode(name);
  return all.startsWith('<!--') ? '' : null;
}
