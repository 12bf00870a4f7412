// Renders the blocks of messages, modals and Home tabs.

import { h, link, safeURL, icon } from './dom.js';
import { element, text, plain } from './elements.js';
import { mrkdwn } from './mrkdwn.js';
import { richText, markdown, grid } from './richtext.js';
import { store } from './store.js';

/** blocks renders a list of blocks; env is described in elements.js. */
export function blocks(list, env) {
  return h('div', { class: 'blocks' }, (list || []).map((block) => one(block, env)));
}

function one(block, env) {
  switch (block.type) {
    case 'section': return section(block, env);
    case 'header': return h('div', { class: 'bk-header', role: 'heading', 'aria-level': String(Math.min(6, (block.level || 1) + 2)) }, text(block.text));
    case 'context': return h('div', { class: 'bk-context' }, (block.elements || []).map((e) => (e.type === 'image' ? picture(e, 'tiny') : h('span', { class: 'bk-context-text' }, text(e)))));
    case 'actions': case 'context_actions': return h('div', { class: 'bk-actions' }, (block.elements || []).map((e) => h('div', { class: 'bk-action' }, element(block, e, env))));
    case 'divider': return h('hr', { class: 'bk-divider' });
    case 'image': return h('figure', { class: 'bk-image' }, block.title ? h('figcaption', {}, text(block.title)) : null, picture(block, 'large'));
    case 'input': return input(block, env);
    case 'rich_text': return richText(block);
    case 'markdown': return markdown(block.text);
    case 'table': return table(block);
    case 'video': return h('div', { class: 'bk-video' }, link(block.title_url || block.video_url, plain(block.title)), block.description ? h('p', {}, text(block.description)) : null);
    case 'file': return h('p', { class: 'hint', text: `Remote file ${block.external_id}` });
    case 'call': return h('p', { class: 'hint', text: 'Call' });
    default: return h('p', { class: 'unknown', text: `This block cannot be shown: ${block.type}` });
  }
}

function section(block, env) {
  const accessory = block.accessory;
  return h('div', { class: accessory ? 'bk-section with-accessory' : 'bk-section' },
    h('div', { class: 'bk-section-main' },
      block.text ? h('div', { class: 'bk-text' }, text(block.text)) : null,
      block.fields ? h('div', { class: 'bk-fields' }, block.fields.map((f) => h('div', { class: 'bk-field' }, text(f)))) : null),
    accessory ? h('div', { class: 'bk-accessory' }, accessory.type === 'image' ? picture(accessory, 'thumb') : element(block, accessory, env)) : null);
}

/** picture shows images of this workspace; those from elsewhere are named, not fetched. */
function picture(image, size) {
  const address = image.slack_file ? store.fileURL(image.slack_file) : image.image_url;
  const href = address && safeURL(address);
  if (href && new URL(href).origin === location.origin) return h('img', { class: `picture ${size}`, src: href, alt: image.alt_text || '', loading: 'lazy' });
  return h('span', { class: `picture ${size} absent`, role: 'img', 'aria-label': image.alt_text, title: `${image.alt_text || 'Image'} (images from other servers are not fetched here)` },
    size === 'tiny' ? null : icon('file'), size === 'large' ? h('span', {}, image.alt_text || 'Image', ' ', href ? link(href, 'Open') : null) : null);
}

let counter = 0;

/** input is a labelled field with its hint and, in red, its error. */
function input(block, env) {
  const id = `field-${++counter}`;
  const wrong = env.errors?.[block.block_id];
  const describedBy = [block.hint ? `${id}-hint` : '', wrong ? `${id}-error` : ''].join(' ').trim() || null;
  const field = { ...env, field: () => ({ id, label: plain(block.label), describedBy, invalid: Boolean(wrong) }) };
  const grouped = ['checkboxes', 'radio_buttons'].includes(block.element?.type);
  return h('div', { class: wrong ? 'bk-input wrong' : 'bk-input', data: { block: block.block_id || '' } },
    h(grouped ? 'span' : 'label', { class: 'bk-label', for: grouped ? null : id }, plain(block.label), block.optional ? h('span', { class: 'optional', text: ' (optional)' }) : null),
    element(block, block.element || {}, field),
    wrong ? h('div', { class: 'error', id: `${id}-error`, role: 'alert' }, icon('warn'), wrong) : null,
    block.hint ? h('div', { class: 'hint', id: `${id}-hint` }, text(block.hint)) : null);
}

function table(block) {
  const cell = (c) => {
    if (c?.type === 'rich_text') return [richText(c)];
    return [String(c?.text ?? c?.value ?? '')];
  };
  return grid((block.rows || []).map((row) => row.map(cell)), block.column_settings);
}

/** attachments renders the older kind of message parts, with their coloured bar. */
export function attachments(list, env) {
  return (list || []).map((a) => {
    const node = h('div', { class: 'attachment' },
      a.pretext ? h('div', { class: 'attachment-pretext' }, mrkdwn(a.pretext)) : null,
      a.title ? h('div', { class: 'attachment-title' }, a.title_link ? link(a.title_link, a.title) : a.title) : null,
      a.text ? h('div', {}, mrkdwn(a.text)) : null,
      a.fields ? h('div', { class: 'bk-fields' }, a.fields.map((f) => h('div', { class: 'bk-field' }, h('strong', { text: f.title || '' }), h('br'), mrkdwn(f.value || '')))) : null,
      a.blocks ? blocks(a.blocks, env) : null,
      !a.text && !a.blocks && !a.title && a.fallback ? mrkdwn(a.fallback) : null,
      a.footer ? h('div', { class: 'bk-context' }, a.footer) : null);
    const named = { good: '#2eb67d', warning: '#ecb22e', danger: '#e01e5a' }[a.color] || (/^#?[0-9a-f]{6}$/i.test(a.color || '') ? `#${a.color.replace('#', '')}` : null);
    if (named) node.style.setProperty('--bar', named);
    return node;
  });
}
