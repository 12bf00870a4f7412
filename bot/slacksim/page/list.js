// Keeps a list of message nodes in step with the store, touching only what changed.

import { h, button } from './dom.js';
import { messageNode, dayLine, repliesLine, joins } from './message.js';
import { tsDate } from './time.js';
import { store } from './store.js';

/** MessageList shows messages in a scrolling box and stays at the bottom when it is there. */
export class MessageList {
  constructor(label, place) {
    this.place = place;
    this.known = new Map(); // key -> {print, node}
    this.inner = h('div', { class: 'messages-inner', role: 'log', 'aria-label': label, 'aria-live': 'polite' });
    this.jump = button({ class: 'jump', hidden: true, on: { click: () => { this.toEnd(); } } }, '↓ Latest messages');
    this.node = h('div', { class: 'messages', tabindex: '-1' }, this.inner, this.jump);
    this.scope = '';
    this.node.addEventListener('click', (e) => this.tapped(e));
    this.inner.addEventListener('keydown', (e) => this.step(e));
    new ResizeObserver(() => { if (this.atEnd) this.toEnd(); }).observe(this.inner);
    this.node.addEventListener('scroll', () => {
      const below = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight;
      this.atEnd = below < 60;
      this.jump.hidden = below < this.node.clientHeight;
    });
    this.atEnd = true;
  }

  /** tapped shows a message's tools on screens without a pointer that hovers. */
  tapped(e) {
    if (e.target.closest('button, a, input, textarea, select, label')) return;
    const message = e.target.closest('.message');
    const was = message?.classList.contains('tapped');
    this.inner.querySelectorAll('.tapped').forEach((n) => n.classList.remove('tapped'));
    if (message && !was) message.classList.add('tapped');
  }

  /** step moves between messages with the arrow keys; Tab then reaches a message's tools. */
  step(e) {
    const move = { ArrowUp: 'previousElementSibling', ArrowDown: 'nextElementSibling' }[e.key];
    if (!move || !e.target.classList.contains('message')) return;
    let next = e.target[move];
    while (next && !next.classList.contains('message')) next = next[move];
    if (!next) return;
    e.preventDefault();
    next.focus();
    next.scrollIntoView({ block: 'nearest' });
  }

  /** reachable lets Tab reach one message of all: the one in focus, else the last. */
  reachable() {
    const all = [...this.inner.querySelectorAll(':scope > .message')];
    const here = all.find((m) => m.contains(document.activeElement)) || all.at(-1);
    for (const m of all) m.tabIndex = m === here ? 0 : -1;
  }

  toEnd() { this.node.scrollTop = this.node.scrollHeight; }

  /** show renders the messages of a channel; intro stands above them, unread is the ts after which all is new. */
  show(channel, messages, { scope, intro = null, unread = null } = {}) {
    if (scope !== this.scope) {
      this.scope = scope;
      this.known.clear();
      this.inner.replaceChildren();
      this.atEnd = true;
    }
    const wanted = [];
    if (intro) wanted.push(this.keep('intro', intro.print, intro.make));
    let before = null;
    let marked = false;
    for (const message of messages) {
      if (this.place !== 'thread' && (!before || !store.sameDay(tsDate(before.ts), tsDate(message.ts)))) {
        wanted.push(this.keep(`day ${message.ts}`, store.zone(), () => dayLine(message.ts)));
      }
      const first = unread && !marked && message.ts > unread && message.user !== store.me && before;
      if (first) {
        marked = true;
        wanted.push(this.keep('new', '', () => h('div', { class: 'new-line', role: 'separator' }, h('span', { text: 'New' }))));
      }
      const answers = this.place === 'thread' && before === messages[0];
      if (answers) wanted.push(this.keep('replies', String(messages.length), () => repliesLine(messages.length - 1)));
      const compact = joins(message, before) && !first && !answers;
      const key = `${message.is_ephemeral ? 'e' : 'm'} ${message.ts}`;
      const print = `${compact} ${store.version} ${JSON.stringify(message)}`;
      wanted.push(this.keep(key, print, () => messageNode(channel, message, { compact, place: this.place })));
      before = message;
    }
    const focus = this.focused();
    this.arrange(wanted);
    this.refocus(focus);
    this.reachable();
    if (this.atEnd) this.toEnd();
  }

  /** focused and refocus carry the focus over to the node that replaces a changed message. */
  focused() {
    const control = document.activeElement;
    const message = this.inner.contains(control) ? control.closest('.message') : null;
    if (!message) return null;
    return { control, ts: message.dataset.ts, at: [...message.querySelectorAll('*')].indexOf(control), action: control.dataset.action };
  }

  refocus(focus) {
    if (!focus || focus.control.isConnected) return;
    const message = this.inner.querySelector(`[data-ts="${CSS.escape(focus.ts)}"]`);
    const same = focus.action ? message?.querySelector(`[data-action="${CSS.escape(focus.action)}"]`) : [...(message?.querySelectorAll('*') || [])][focus.at];
    (same?.tabIndex >= 0 ? same : message)?.focus({ preventScroll: true });
  }

  keep(key, print, make) {
    const old = this.known.get(key);
    if (old?.print === print) return { key, node: old.node };
    const node = make();
    if (old?.node.classList.contains('tapped')) node.classList.add('tapped');
    this.known.set(key, { print, node });
    return { key, node };
  }

  arrange(wanted) {
    const keys = new Set(wanted.map((w) => w.key));
    for (const key of [...this.known.keys()]) if (!keys.has(key)) this.known.delete(key);
    let at = this.inner.firstChild;
    for (const { node } of wanted) {
      if (node === at) at = at.nextSibling;
      else this.inner.insertBefore(node, at);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  /** reveal scrolls to a message and lights it up. */
  reveal(ts) {
    const node = this.inner.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    if (!node) return;
    this.atEnd = false;
    node.scrollIntoView({ block: 'center' });
    node.classList.add('lit');
    setTimeout(() => node.classList.remove('lit'), 2000);
  }
}
