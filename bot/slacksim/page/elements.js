// Renders the interactive elements of Block Kit.
//
// env, given by whoever shows the blocks, says where they stand:
//   values   state: {block_id: {action_id: value as in Slack's view.state}}
//   live     (block) => whether its elements tell the app at once
//   act      (block, element, action) => Promise: tells the app
//   suggest  (block, element, query) => Promise of options for external menus
//   errors   {block_id: text}, in modals

import { h, button, icon, menu, safeURL } from './dom.js';
import { withEmoji } from './emoji.js';
import { combobox } from './combobox.js';
import { mrkdwn, plainNodes } from './mrkdwn.js';
import { avatar } from './avatar.js';
import { confirmDialog } from './dialog.js';
import { store } from './store.js';

let counter = 0;

/** text renders a text object. */
export function text(object) {
  if (!object) return '';
  if (object.type === 'mrkdwn') return mrkdwn(object.text);
  return object.emoji === false ? object.text : plainNodes(object.text);
}

/** live reports whether the elements of a block tell the app at once, rather than with a submission. */
export const live = (block) => block.type !== 'input' || Boolean(block.dispatch_action);

/** plain is the words of a text object, for labels. */
export const plain = (object) => withEmoji(object?.text || '');

/** element renders one element and keeps env.values up to date. */
export function element(block, e, env) {
  const field = env.field?.(block) || {};
  const at = { block, e, env, ...field };
  switch (e.type) {
    case 'button': case 'workflow_button': return pressable(at);
    case 'overflow': return overflow(at);
    case 'static_select': case 'multi_static_select': case 'external_select': case 'multi_external_select':
    case 'users_select': case 'multi_users_select': case 'channels_select': case 'multi_channels_select':
    case 'conversations_select': case 'multi_conversations_select': return select(at);
    case 'checkboxes': case 'radio_buttons': return choices(at);
    case 'datepicker': return typed(at, 'date', 'selected_date', e.initial_date);
    case 'timepicker': return typed(at, 'time', 'selected_time', e.initial_time);
    case 'datetimepicker': return moment(at);
    case 'plain_text_input': case 'email_text_input': case 'url_text_input': case 'number_input': case 'rich_text_input': return writing(at);
    case 'file_input': return h('p', { class: 'hint', text: 'Files cannot be chosen in the simulated workspace.' });
    case 'feedback_buttons': return h('span', { class: 'feedback' },
      pressable({ ...at, e: { ...e.positive_button, type: e.type, action_id: e.action_id } }), pressable({ ...at, e: { ...e.negative_button, type: e.type, action_id: e.action_id } }));
    case 'icon_button': return pressable({ ...at, e: { ...e, text: { type: 'plain_text', text: `🗑 ${e.text?.text || ''}` } } });
    default: return h('span', { class: 'unknown', text: `(${e.type})` });
  }
}

function remember({ block, e, env }, value) {
  env.values[block.block_id] ??= {};
  env.values[block.block_id][e.action_id] = { type: e.type, ...value };
}

const current = ({ block, e, env }) => env.values[block.block_id]?.[e.action_id];

/** run asks for confirmation, tells the app, and shows the triangle when that fails. */
async function run(at, control, action) {
  const { block, e, env } = at;
  if (e.confirm && !await confirmDialog(e.confirm)) return false;
  const spot = control.closest('.acting') || control;
  spot.parentNode?.querySelector(':scope > .failed')?.remove();
  control.classList.add('busy');
  control.setAttribute('aria-busy', 'true');
  try {
    await env.act(block, e, { type: e.type, action_id: e.action_id, block_id: block.block_id, ...action });
  } catch (problem) {
    spot.after(h('span', { class: 'failed', role: 'alert', title: problem.message }, icon('warn'), h('span', { class: 'sr', text: `This did not work: ${problem.message}` })));
  } finally {
    control.classList.remove('busy');
    control.removeAttribute('aria-busy');
  }
  return true;
}

function pressable(at) {
  const { e } = at;
  const kind = ['primary', 'danger'].includes(e.style) ? e.style : '';
  const node = button({ class: `bk-button ${kind}`, 'aria-label': e.accessibility_label || null, data: { action: e.action_id || '' } }, h('span', {}, text(e.text)));
  node.addEventListener('click', () => {
    if (node.classList.contains('busy')) return;
    const href = e.url && safeURL(e.url);
    if (href) window.open(href, '_blank', 'noopener,noreferrer');
    run(at, node, { value: e.value, text: e.text });
  });
  return node;
}

function overflow(at) {
  const { e } = at;
  const node = button({ class: 'bk-button overflow', 'aria-label': 'More actions', 'aria-haspopup': 'menu', data: { action: e.action_id || '' } }, icon('more'));
  node.addEventListener('click', () => menu(node, (e.options || []).map((option) => ({
    label: plain(option.text), hint: option.description && plain(option.description),
    act: () => {
      const href = option.url && safeURL(option.url);
      if (href) window.open(href, '_blank', 'noopener,noreferrer');
      run(at, node, { selected_option: option });
    },
  })), 'More actions'));
  return node;
}

const asOption = (raw, group) => ({ value: raw.value, label: plain(raw.text), hint: raw.description && plain(raw.description), group, raw });

function staticOptions(e) {
  if (!e.option_groups) return (e.options || []).map((o) => asOption(o));
  return e.option_groups.flatMap((g) => (g.options || []).map((o) => asOption(o, plain(g.label))));
}

const userOption = (u) => ({ value: u.id, label: store.shownName(u), hint: u.real_name === store.shownName(u) ? u.title : u.real_name, icon: () => avatar(u, 'small') });
const channelOption = (c) => ({ value: c.id, label: c.is_im || c.is_mpim ? store.title(c) : `#${c.name}`, hint: c.is_archived ? 'archived' : '' });

function conversationsFor(e) {
  const include = e.filter?.include;
  const kind = (c) => (c.is_im ? 'im' : c.is_mpim ? 'mpim' : c.is_private ? 'private' : 'public');
  return store.visible().filter((c) => !c.is_archived && (!include || include.includes(kind(c)))
    && !(e.filter?.exclude_bot_users && c.is_im && store.users.get(c.user)?.is_bot));
}

/** sourceOf names, per kind of menu, its options and the keys of its state. */
function sourceOf(at) {
  const { e } = at;
  const kind = e.type.replace(/^multi_/, '').replace(/_select$/, '');
  switch (kind) {
    case 'users': return { options: store.people().map(userOption), one: 'selected_user', many: 'selected_users', first: e.initial_user, firsts: e.initial_users, id: true };
    case 'channels': return { options: store.visible().filter((c) => !c.is_im && !c.is_mpim && !c.is_private && !c.is_archived).map(channelOption), one: 'selected_channel', many: 'selected_channels', first: e.initial_channel, firsts: e.initial_channels, id: true };
    case 'conversations': return {
      options: conversationsFor(e).map(channelOption), one: 'selected_conversation', many: 'selected_conversations', id: true,
      first: e.initial_conversation || (e.default_to_current_conversation ? store.channel : undefined), firsts: e.initial_conversations,
    };
    default: return { options: staticOptions(e), one: 'selected_option', many: 'selected_options', first: e.initial_option, firsts: e.initial_options, id: false };
  }
}

function select(at) {
  const { block, e, env } = at;
  const multi = e.type.startsWith('multi_');
  const source = sourceOf(at);
  const external = e.type.includes('external');
  const known = current(at);
  const stored = known ? (multi ? known[source.many] : known[source.one] && [known[source.one]]) : (multi ? source.firsts : source.first && [source.first]);
  const lift = (v) => (source.id ? source.options.find((o) => o.value === v) || { value: v, label: v } : asOption(v));
  const lower = (o) => (source.id ? o.value : o.raw);
  const chosen = (stored || []).map(lift);
  const state = (picked) => (multi ? { [source.many]: picked.map(lower) } : { [source.one]: picked.length ? lower(picked[0]) : null });
  if (!known) remember(at, state(chosen));
  const name = at.label || plain(e.placeholder) || 'Choose';
  let settled = chosen;
  const node = combobox({
    id: at.id, label: name, placeholder: plain(e.placeholder) || (multi ? 'Choose options' : 'Choose an option'), options: source.options, multi,
    max: e.max_selected_items, chosen, minQuery: e.min_query_length ?? 3, describedBy: at.describedBy, invalid: at.invalid, autofocus: e.focus_on_load,
    load: external ? async (query) => (await env.suggest(block, e, query)).map((o) => asOption(o, o.group)) : undefined,
    onChange: async (picked) => {
      remember(at, state(picked));
      env.edited?.(block);
      if (!env.live(block)) return;
      if (await run(at, node, state(picked))) settled = picked;
      else remember(at, state(settled));
    },
  });
  node.dataset.action = e.action_id || '';
  return h('span', { class: 'acting' }, node);
}

function choices(at) {
  const { block, e, env } = at;
  const multi = e.type === 'checkboxes';
  const known = current(at);
  const first = known ? (multi ? known.selected_options : known.selected_option && [known.selected_option]) : (multi ? e.initial_options : e.initial_option && [e.initial_option]);
  const on = new Set((first || []).map((o) => o.value));
  const state = () => {
    const picked = (e.options || []).filter((o) => on.has(o.value));
    return multi ? { selected_options: picked } : { selected_option: picked[0] || null };
  };
  if (!known) remember(at, state());
  const group = h('div', { class: 'choices acting', role: multi ? 'group' : 'radiogroup', id: at.id, 'aria-label': at.label || 'Options', 'aria-describedby': at.describedBy, data: { action: e.action_id || '' } });
  const name = `choice-${++counter}`;
  for (const option of e.options || []) {
    const box = h('input', { type: multi ? 'checkbox' : 'radio', name, checked: on.has(option.value), value: option.value });
    box.addEventListener('change', () => {
      if (!multi) on.clear();
      if (box.checked) on.add(option.value);
      else on.delete(option.value);
      remember(at, state());
      env.edited?.(block);
      if (env.live(block)) run(at, group, state());
    });
    group.append(h('label', {}, box, h('span', {}, text(option.text), option.description ? h('small', {}, text(option.description)) : null)));
  }
  return group;
}

/** typed makes a native date or time field. */
function typed(at, type, key, initial) {
  const { block, e, env } = at;
  const known = current(at);
  const value = known ? known[key] : initial;
  if (!known) remember(at, { [key]: value ?? null });
  const node = h('input', {
    type, class: 'field short', id: at.id, value: value || '', 'aria-label': at.label || plain(e.placeholder) || type, 'aria-describedby': at.describedBy,
    'aria-invalid': at.invalid ? 'true' : null, autofocus: e.focus_on_load, data: { action: e.action_id || '' },
  });
  node.addEventListener('change', () => {
    remember(at, { [key]: node.value || null });
    env.edited?.(block);
    if (env.live(block)) run(at, node, { [key]: node.value || null });
  });
  return h('span', { class: 'acting' }, node);
}

/** moment is the field for a date with a time, in the zone of the person. */
function moment(at) {
  const { block, e, env } = at;
  const known = current(at);
  const seconds = known ? known.selected_date_time : e.initial_date_time;
  if (!known) remember(at, { selected_date_time: seconds ?? null });
  const node = h('input', {
    type: 'datetime-local', class: 'field short', id: at.id, value: seconds ? store.wallTime(seconds) : '', 'aria-label': at.label || 'Date and time',
    'aria-describedby': at.describedBy, 'aria-invalid': at.invalid ? 'true' : null, data: { action: e.action_id || '' },
  });
  node.addEventListener('change', () => {
    const value = node.value ? store.instantOf(node.value) : null;
    remember(at, { selected_date_time: value });
    env.edited?.(block);
    if (env.live(block)) run(at, node, { selected_date_time: value });
  });
  return h('span', { class: 'acting' }, node);
}

const inputKinds = { email_text_input: 'email', url_text_input: 'url', number_input: 'text' };

const richValue = (value) => (value ? { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: value }] }] } : null);

const richWords = (value) => (value?.elements || []).flatMap((s) => s.elements || []).map((leaf) => leaf.text || leaf.url || '').join('');

function writing(at) {
  const { block, e, env } = at;
  const rich = e.type === 'rich_text_input';
  const state = (value) => (rich ? { rich_text_value: richValue(value) } : { value: value === '' ? null : value });
  const known = current(at);
  const initial = rich ? richWords(known ? known.rich_text_value : e.initial_value) : (known ? known.value : e.initial_value) || '';
  if (!known) remember(at, state(initial));
  const long = e.multiline || rich;
  const node = h(long ? 'textarea' : 'input', {
    class: 'field', id: at.id, type: long ? null : inputKinds[e.type] || 'text', inputmode: e.type === 'number_input' ? (e.is_decimal_allowed ? 'decimal' : 'numeric') : null,
    rows: long ? 4 : null, placeholder: plain(e.placeholder) || null, maxlength: e.max_length || null, 'aria-label': at.label, autocomplete: 'off',
    'aria-describedby': at.describedBy, 'aria-invalid': at.invalid ? 'true' : null, autofocus: e.focus_on_load, data: { action: e.action_id || '' },
  });
  node.value = initial;
  const triggers = e.dispatch_action_config?.trigger_actions_on || ['on_enter_pressed'];
  let timer = 0;
  node.addEventListener('input', () => {
    remember(at, state(node.value));
    env.edited?.(block);
    if (!env.live(block) || !triggers.includes('on_character_entered')) return;
    clearTimeout(timer);
    timer = setTimeout(() => run(at, node, state(node.value)), 300);
  });
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !env.live(block) || !triggers.includes('on_enter_pressed')) return;
    if (long && !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run(at, node, state(node.value));
  });
  return h('span', { class: 'acting' }, node);
}
