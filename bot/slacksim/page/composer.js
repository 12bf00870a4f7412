// The box one types into, with completion of commands, people, channels and emoji.

import { h, button, icon, menu } from './dom.js';
import { avatar } from './avatar.js';
import { emoji, emojiNames } from './emoji.js';
import { pickEmoji } from './message.js';
import { builtins } from './builtin.js';
import { store } from './store.js';

const drafts = new Map();

/** Composer is one box; send(text) resolves once the text has gone, and then the box empties. */
export class Composer {
  constructor({ send, shortcut, thread = false }) {
    this.send = send;
    this.thread = thread;
    this.key = '';
    this.offers = [];
    this.active = 0;
    const listID = thread ? 'thread-offers' : 'offers';
    this.list = h('div', { id: listID, class: 'offers', role: 'listbox', 'aria-label': 'Suggestions', hidden: true });
    this.field = h('textarea', {
      class: 'composer-field', rows: '1', 'aria-label': 'Message', autocomplete: 'off', role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': listID,
    });
    this.button = button({ class: 'send', 'aria-label': 'Send now', title: 'Send now', on: { click: () => this.submit() } }, icon('send'));
    this.hint = h('div', { class: 'composer-hint', 'aria-live': 'polite' });
    const insert = (text) => { this.insert(text); this.complete(); };
    this.node = h('div', { class: 'composer-wrap' }, this.list, h('div', { class: 'composer' }, this.field,
      h('div', { class: 'composer-bar' },
        thread || !shortcut ? null : button({ class: 'plain-icon', 'aria-label': 'Shortcuts', title: 'Shortcuts', 'aria-haspopup': 'menu', on: { click: (e) => this.shortcuts(e.currentTarget, shortcut) } }, icon('bolt')),
        button({ class: 'plain-icon', 'aria-label': 'Mention someone', title: 'Mention someone', on: { click: () => insert('@') } }, icon('at')),
        button({ class: 'plain-icon', 'aria-label': 'Emoji', title: 'Emoji', on: { click: (e) => pickEmoji(e.currentTarget, (name) => this.insert(`:${name}: `)) } }, icon('smile')),
        h('span', { class: 'grow' }), this.button)), this.hint);
    this.field.addEventListener('input', () => { this.grow(); this.complete(); });
    this.field.addEventListener('keydown', (e) => this.keydown(e));
    this.field.addEventListener('blur', () => setTimeout(() => document.activeElement === this.field || this.hide(), 150));
    this.grow();
  }

  /** show points the box at a conversation, keeping one draft for each. */
  show(key, placeholder, disabled = '') {
    if (key !== this.key) {
      if (this.key) drafts.set(this.key, this.field.value);
      this.key = key;
      this.field.value = drafts.get(key) || '';
      this.hide();
    }
    this.field.placeholder = disabled || placeholder;
    this.field.setAttribute('aria-label', placeholder);
    this.field.disabled = Boolean(disabled);
    this.node.classList.toggle('disabled', Boolean(disabled));
    this.grow();
  }

  focus() { if (!this.field.disabled) this.field.focus(); }

  grow() {
    this.field.style.setProperty('height', 'auto');
    this.field.style.setProperty('height', `${Math.min(this.field.scrollHeight, 220)}px`);
    this.button.disabled = !this.field.value.trim();
    this.button.classList.toggle('ready', Boolean(this.field.value.trim()));
  }

  insert(text) {
    const { selectionStart: start, selectionEnd: end, value } = this.field;
    const space = text === '@' && start > 0 && !/\s/.test(value[start - 1]) ? ' ' : '';
    this.field.setRangeText(space + text, start, end, 'end');
    this.field.focus();
    this.grow();
  }

  async submit() {
    const text = this.field.value;
    if (!text.trim() || this.field.disabled) return;
    const key = this.key;
    this.field.value = '';
    drafts.delete(key);
    this.grow();
    this.hide();
    try {
      await this.send(text);
      this.hint.textContent = '';
    } catch (problem) {
      this.hint.textContent = problem.message;
      if (this.key === key && !this.field.value) {
        this.field.value = text;
        this.grow();
      }
    }
  }

  keydown(e) {
    if (e.isComposing) return;
    const open = !this.list.hidden;
    if (open && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
      this.active = (this.active + (e.key === 'ArrowDown' ? 1 : -1) + this.offers.length) % this.offers.length;
      this.mark();
      e.preventDefault();
    } else if (open && (e.key === 'Tab' || (e.key === 'Enter' && this.offers[this.active].text !== this.word().trim()))) {
      this.take(this.offers[this.active]);
      e.preventDefault();
    } else if (open && e.key === 'Escape') {
      this.hide();
      e.preventDefault();
      e.stopPropagation();
    } else if (e.key === 'Enter' && !e.shiftKey) {
      e.preventDefault();
      this.submit();
    }
  }

  /** word is what stands between the last blank and the cursor. */
  word() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    return before.slice(Math.max(before.lastIndexOf(' '), before.lastIndexOf('\n')) + 1);
  }

  complete() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    const word = this.word();
    const rest = word.slice(1).toLowerCase();
    if (before === word && word.startsWith('/')) this.offer(commands(word), 'command');
    else if (word.startsWith('@')) this.offer(people(rest), 'person');
    else if (word.startsWith('#')) this.offer(channels(rest), 'channel');
    else if (/^:[a-z0-9_+-]{2,}$/.test(word)) this.offer(emojiNames(rest).map((name) => ({ text: `:${name}:`, label: `:${name}:`, icon: emoji(name) || '' })), 'emoji');
    else this.hide();
  }

  offer(offers) {
    this.offers = offers;
    this.active = 0;
    if (!offers.length) return this.hide();
    this.list.replaceChildren(...offers.map((offer, i) => h('div', {
      id: `${this.list.id}-${i}`, class: 'offer', role: 'option', on: { mousedown: (e) => e.preventDefault(), click: () => this.take(offer) },
    }, h('span', { class: 'offer-icon' }, offer.icon || null), h('span', { class: 'offer-label' }, h('strong', { text: offer.label }), offer.usage ? h('span', { class: 'muted', text: ` ${offer.usage}` }) : null,
      offer.hint ? h('small', { text: offer.hint }) : null), offer.source ? h('span', { class: 'offer-source', text: offer.source }) : null)));
    this.list.hidden = false;
    this.field.setAttribute('aria-expanded', 'true');
    return this.mark();
  }

  mark() {
    [...this.list.children].forEach((node, i) => {
      node.classList.toggle('active', i === this.active);
      node.setAttribute('aria-selected', String(i === this.active));
    });
    this.field.setAttribute('aria-activedescendant', `${this.list.id}-${this.active}`);
    this.list.children[this.active]?.scrollIntoView({ block: 'nearest' });
  }

  hide() {
    this.list.hidden = true;
    this.field.setAttribute('aria-expanded', 'false');
    this.field.removeAttribute('aria-activedescendant');
  }

  take(offer) {
    const end = this.field.selectionStart;
    this.field.setRangeText(`${offer.text} `, end - this.word().length, end, 'end');
    this.hide();
    this.grow();
    this.field.focus();
  }

  shortcuts(anchor, run) {
    const found = store.shortcuts.filter((s) => s.type === 'global');
    menu(anchor, [
      ...found.map((s) => ({ label: s.name, hint: `${store.app.name} · ${s.description}`, act: () => run(s.callback_id) })),
      ...(found.length && store.commands.length ? ['-'] : []),
      ...store.commands.map((c) => ({ label: c.command, hint: c.description, act: () => { this.field.value = `${c.command} `; this.grow(); this.field.focus(); } })),
    ], 'Shortcuts');
  }
}

function commands(word) {
  const begun = (c) => c.command.startsWith(word.toLowerCase());
  const offer = (c, source, mark) => ({ text: c.command, label: c.command, usage: c.usage_hint, hint: c.description, source, icon: mark });
  return [
    ...store.commands.filter(begun).map((c) => offer(c, store.app.name, avatar(store.users.get(store.app.user), 'small'))),
    ...builtins.filter((c) => begun(c) && !store.commands.some((own) => own.command === c.command)).map((c) => offer(c, 'Slack', icon('hash'))),
  ];
}

function people(rest) {
  const found = store.people().filter((u) => `${u.name} ${u.real_name} ${u.display_name}`.toLowerCase().includes(rest)).slice(0, 8)
    .map((u) => ({ text: `@${u.name}`, label: store.shownName(u), hint: u.real_name !== store.shownName(u) ? u.real_name : '', icon: avatar(u, 'small') }));
  const groups = [...store.groups.values()].filter((g) => g.handle.includes(rest)).map((g) => ({ text: `@${g.handle}`, label: `@${g.handle}`, hint: g.name }));
  const wide = ['here', 'channel'].filter((w) => w.startsWith(rest)).map((w) => ({ text: `@${w}`, label: `@${w}`, hint: w === 'here' ? 'Notify everyone who is active here' : 'Notify everyone in this channel' }));
  return [...found, ...groups, ...wide];
}

function channels(rest) {
  return store.visible().filter((c) => !c.is_im && !c.is_mpim && c.name.includes(rest)).slice(0, 8)
    .map((c) => ({ text: `#${c.name}`, label: c.name, icon: icon(c.is_private ? 'lock' : 'hash'), hint: c.is_archived ? 'archived' : '' }));
}
