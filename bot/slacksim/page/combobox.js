// A menu one can type into: every select of Block Kit, single and multi.

import { h, button, icon } from './dom.js';

let counter = 0;

/**
 * combobox makes the control. Options are {value, label, hint, group, icon};
 * load(query), if given, fetches them instead. onChange gets the list of chosen options.
 */
export function combobox({ label, placeholder, options = [], load, minQuery = 0, multi = false, max = Infinity, chosen = [], id, onChange, invalid, describedBy, autofocus }) {
  const listID = `list-${++counter}`;
  let picked = [...chosen];
  let shown = [];
  let active = -1;
  let timer = 0;
  let asked = 0;

  const input = h('input', {
    id, type: 'text', role: 'combobox', class: 'combo-input', autocomplete: 'off', spellcheck: 'false', 'aria-autocomplete': 'list',
    'aria-expanded': 'false', 'aria-controls': listID, 'aria-label': label, placeholder, 'aria-invalid': invalid ? 'true' : null,
    'aria-describedby': describedBy, autofocus,
  });
  const list = h('ul', { id: listID, class: 'combo-list', role: 'listbox', 'aria-label': label, popover: 'manual' });
  const chips = h('span', { class: 'chips' });
  const root = h('div', { class: multi ? 'combo multi' : 'combo' }, chips, input, icon('chevron'), list);

  const isPicked = (option) => picked.some((p) => p.value === option.value);
  const text = () => (!multi && picked.length ? picked[0].label : '');

  function paintChips() {
    if (!multi) return;
    chips.replaceChildren(...picked.map((option) => h('span', { class: 'chip' }, option.label, button({
      'aria-label': `Remove ${option.label}`, on: { click: () => { picked = picked.filter((p) => p.value !== option.value); changed(); input.focus(); } },
    }, '×'))));
    input.placeholder = picked.length ? '' : placeholder || '';
  }

  function changed() {
    paintChips();
    onChange(picked);
  }

  function choose(option) {
    if (multi) {
      if (isPicked(option)) picked = picked.filter((p) => p.value !== option.value);
      else if (picked.length < max) picked = [...picked, option];
      input.value = '';
      changed();
      open('');
    } else {
      picked = [option];
      close();
      changed();
    }
  }

  function open(query) {
    const place = () => {
      if (!root.isConnected) return;
      if (!list.matches(':popover-open')) list.showPopover();
      const box = root.getBoundingClientRect();
      const below = innerHeight - box.bottom;
      list.style.setProperty('left', `${box.left}px`);
      list.style.setProperty('width', `${Math.max(box.width, 220)}px`);
      list.style.setProperty('max-height', `${Math.min(280, Math.max(below, box.top) - 16)}px`);
      const height = list.offsetHeight;
      list.style.setProperty('top', `${below > height + 8 ? box.bottom + 4 : box.top - height - 4}px`);
      input.setAttribute('aria-expanded', 'true');
    };
    if (!load) {
      const words = query.trim().toLowerCase();
      paint(words ? options.filter((o) => `${o.label} ${o.hint || ''}`.toLowerCase().includes(words)) : options, 'No matching items');
      place();
      return;
    }
    if (query.length < minQuery) {
      paint([], 'Type to search…');
      place();
      return;
    }
    const turn = ++asked;
    paint([], 'Loading…');
    place();
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        const found = await load(query);
        if (turn === asked) paint(found, 'No matching items');
      } catch {
        if (turn === asked) paint([], 'Could not load the list. Type again to retry.');
      }
      if (turn === asked && input === document.activeElement) place();
    }, 150);
  }

  function paint(found, none) {
    shown = found;
    active = found.findIndex(isPicked);
    if (active < 0 && found.length) active = 0;
    let group = null;
    list.replaceChildren();
    found.forEach((option, i) => {
      if (option.group && option.group !== group) list.append(h('li', { class: 'combo-group', role: 'presentation', text: option.group }));
      group = option.group;
      list.append(h('li', {
        id: `${listID}-${i}`, role: 'option', class: 'combo-option', 'aria-selected': isPicked(option) ? 'true' : 'false',
        on: { mousedown: (e) => e.preventDefault(), click: () => choose(option) },
      }, option.icon?.(), h('span', {}, option.label, option.hint ? h('small', { text: option.hint }) : null)));
    });
    if (!found.length) list.append(h('li', { class: 'combo-none', role: 'presentation', text: none }));
    mark();
  }

  function mark() {
    list.querySelectorAll('[role=option]').forEach((node, i) => node.classList.toggle('active', i === active));
    input.setAttribute('aria-activedescendant', active >= 0 ? `${listID}-${active}` : '');
    list.querySelector('.active')?.scrollIntoView({ block: 'nearest' });
  }

  function close() {
    asked++;
    if (list.matches(':popover-open')) list.hidePopover();
    input.setAttribute('aria-expanded', 'false');
    input.value = text();
  }

  input.addEventListener('focus', () => { input.select(); });
  input.addEventListener('click', () => open(multi ? input.value : ''));
  input.addEventListener('input', () => {
    if (!multi && !input.value && picked.length) {
      picked = [];
      onChange(picked);
    }
    open(input.value);
  });
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (e) => {
    const isOpen = list.matches(':popover-open');
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      if (!isOpen) open('');
      else if (shown.length) active = (active + (e.key === 'ArrowDown' ? 1 : -1) + shown.length) % shown.length;
      mark();
      e.preventDefault();
    } else if (e.key === 'Enter' && isOpen) {
      if (shown[active]) choose(shown[active]);
      e.preventDefault();
    } else if (e.key === 'Escape' && isOpen) {
      close();
      e.preventDefault();
      e.stopPropagation();
    } else if (e.key === 'Backspace' && multi && !input.value && picked.length) {
      picked = picked.slice(0, -1);
      changed();
    }
  });
  root.addEventListener('click', (e) => { if (e.target === root || e.target.closest('.icon')) { input.focus(); open(''); } });

  input.value = text();
  paintChips();
  return root;
}
