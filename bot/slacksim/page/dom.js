// Builds DOM nodes. Text from the workspace only ever becomes text nodes and
// attribute values here; nothing is parsed as HTML.

/**
 * h makes an element. Props: class, text, on (event listeners), data (dataset),
 * style (custom properties), and attributes; null, undefined and false leave
 * an attribute out. Children may be nodes, strings, arrays of them, or empty.
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') node.className = value;
    else if (name === 'text') node.textContent = value;
    else if (name === 'on') for (const [type, f] of Object.entries(value)) node.addEventListener(type, f);
    else if (name === 'data') Object.assign(node.dataset, value);
    else if (name === 'style') for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else if (name === 'value' || name === 'checked' || name === 'disabled') node[name] = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  append(node, children);
  return node;
}

export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === '') continue;
    node.append(child);
  }
}

/** fill replaces the children of a node. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

/**
 * refill replaces a node's children with what make returns, unless the print
 * says that they are the same: a button must not vanish between the pressing
 * and the release of a finger. Focus stays on the control with the same key.
 */
export function refill(node, print, make) {
  const key = JSON.stringify(print);
  if (node.print === key) return;
  node.print = key;
  const focus = node.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  fill(node, make());
  if (focus) node.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
}

/** button makes a real button that never submits a form. */
export function button(props, ...children) {
  return h('button', { type: 'button', ...props }, ...children);
}

/**
 * word makes a button that stands in a sentence: unlike a real one, it breaks with the
 * line where its text is long.
 */
export function word(props, text, press) {
  return h('a', {
    role: 'button', tabindex: '0', ...props, on: {
      click: press,
      keydown: (e) => {
        if (e.key !== 'Enter' && e.key !== ' ') return;
        e.preventDefault();
        press(e);
      },
    },
  }, text);
}

/** safeURL returns the address if a link may lead there, else null. */
export function safeURL(text) {
  try {
    const url = new URL(text, location.href);
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** link makes an outside link, or plain text when the address is not safe. */
export function link(address, ...children) {
  const href = safeURL(address);
  const shown = children.length ? children : [address];
  if (!href) return h('span', {}, ...shown);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...shown);
}

const paths = {
  hash: 'M6.5 3 5 17M13 3l-1.5 14M3 7h14M2.5 13h14',
  lock: 'M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  chevron: 'm6 8 4 4 4-4',
  back: 'm12 4-6 6 6 6',
  close: 'm5 5 10 10M15 5 5 15',
  send: 'M3 4v5l8 1-8 1v5l14-6z',
  bolt: 'M11 2 4 11.5h5L8.5 18 16 8.5h-5z',
  more: 'M10 4.5v.1M10 10v.1M10 15.5v.1',
  smile: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15M7.5 8v.5M12.5 8v.5M6.5 11.5c1.5 3 5.5 3 7 0',
  reply: 'M3 4h14v9h-7l-4 4v-4H3z',
  pin: 'm12 2.5 5.5 5.5-2 .5-3 3 .5 3.5-1.5 1.5-3.5-3.5L3.5 17l4-4.5L4 9l1.5-1.5 3.5.5 3-3z',
  cloud: 'M6 15.5a3.5 3.5 0 0 1-.5-7A5 5 0 0 1 15 9a3.3 3.3 0 0 1 0 6.5z',
  at: 'M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0m0 0c0 3 4 3 4-.5A7 7 0 1 0 13 16',
  file: 'M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5M7.5 10h5M7.5 13h5',
  link: 'm8.5 11.5 3-3M9 6l2-2a3.2 3.2 0 0 1 5 5l-2 2M11 14l-2 2a3.2 3.2 0 0 1-5-5l2-2',
  plus: 'M10 4v12M4 10h12',
  download: 'M10 3v9m0 0-4-4m4 4 4-4M4 16.5h12',
  warn: 'M10 3 18 17H2zM10 8.5v4M10 14.5v.2',
  home: 'M3 9.5 10 3.5l7 6M5 8.5V17h10V8.5',
  people: 'M7.5 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2 17c0-7 11-7 11 0M13 3.3a3 3 0 0 1 0 5.4M14.5 11.5c2.3.7 3.5 2.5 3.5 5.5',
  check: 'm4 10.5 4 4 8-9',
  siren: 'M5 16v-5a5 5 0 0 1 10 0v5M3 16.5h14M10 2v1.5M3.5 5l1 1M16.5 5l-1 1',
  bell: 'M6 8a4 4 0 0 1 8 0c0 4 1.5 5 1.5 5h-11S6 12 6 8M8.5 15.5a1.5 1.5 0 0 0 3 0',
  eye: 'M2 10c3-5.5 13-5.5 16 0-3 5.5-13 5.5-16 0M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5',
  robot: 'M5 7.5h10a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 15V9A1.5 1.5 0 0 1 5 7.5M10 7.5V4M10 4v-.2M7.5 11.5v.5M12.5 11.5v.5M7.5 14h5',
  muted: 'M6 8a4 4 0 0 1 7-2.5M14 8c0 4 1.5 5 1.5 5H7M4.5 13S6 12 6 9M8.5 15.5a1.5 1.5 0 0 0 3 0M3 3l14 14',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
};

/** icon draws one of the page's line icons; it says nothing to screen readers. */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', paths[name] || '');
  svg.append(path);
  return svg;
}

/** popup shows a light-dismissed panel beside its anchor and returns a function that closes it. */
export function popup(anchor, panel, { above = false } = {}) {
  panel.setAttribute('popover', 'auto');
  panel.classList.add('popup');
  const host = anchor.closest('dialog') || document.body;
  host.append(panel);
  panel.addEventListener('toggle', (e) => {
    if (e.newState !== 'closed') return;
    panel.remove();
    anchor.removeAttribute?.('aria-expanded');
    if (anchor.isConnected && document.activeElement === document.body) anchor.focus?.();
  });
  panel.showPopover();
  anchor.setAttribute?.('aria-expanded', 'true');
  place(anchor.getBoundingClientRect(), panel, above);
  return () => panel.isConnected && panel.hidePopover();
}

function place(box, panel, above) {
  const size = panel.getBoundingClientRect();
  const margin = 8;
  let left = Math.min(box.left, innerWidth - size.width - margin);
  let top = above ? box.top - size.height - 4 : box.bottom + 4;
  if (top + size.height > innerHeight - margin) top = box.top - size.height - 4;
  top = Math.min(Math.max(margin, top), innerHeight - size.height - margin);
  left = Math.max(margin, left);
  panel.style.setProperty('left', `${left}px`);
  panel.style.setProperty('top', `${Math.max(margin, top)}px`);
}

/** menu shows a list of commands: {label, hint, act, danger} or '-' for a line. */
export function menu(anchor, items, label) {
  let close = () => {};
  const panel = h('div', { class: 'menu', role: 'menu', 'aria-label': label });
  for (const item of items) {
    if (item === '-') {
      panel.append(h('div', { class: 'menu-line', role: 'separator' }));
      continue;
    }
    panel.append(button({
      class: item.danger ? 'menu-item danger' : 'menu-item', role: 'menuitem', disabled: item.disabled,
      'aria-current': item.current ? 'true' : null,
      on: { click: () => { close(); item.act(); } },
    }, item.icon, h('span', { class: 'menu-label' }, item.label, item.hint ? h('small', { text: item.hint }) : null),
    item.count ? h('span', { class: 'count', text: item.count }) : null));
  }
  panel.addEventListener('keydown', (e) => {
    const all = [...panel.querySelectorAll('[role=menuitem]:not(:disabled)')];
    const at = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    const begins = (item) => e.key.length === 1 && item.querySelector('.menu-label').textContent.toLowerCase().startsWith(e.key.toLowerCase());
    const next = step ? all[(at + step + all.length) % all.length] : [...all.slice(at + 1), ...all.slice(0, at + 1)].find(begins);
    if (!next || e.key === ' ') return;
    next.focus();
    e.preventDefault();
  });
  close = popup(anchor, panel);
  panel.querySelector('[role=menuitem]:not(:disabled)')?.focus();
  return close;
}
