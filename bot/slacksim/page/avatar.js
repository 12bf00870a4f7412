// Generated faces: initials on a colour that follows from the person's id.

import { h, icon } from './dom.js';
import { store } from './store.js';

const hues = 12;

function hue(id) {
  let n = 0;
  for (const c of id) n = (n * 31 + c.charCodeAt(0)) % 997;
  return n % hues;
}

function initials(name) {
  const parts = name.replace(/[^\p{L}\p{N} ]+/gu, ' ').trim().split(/\s+/);
  const [first = '?', second = ''] = parts;
  return (second ? [...first][0] + [...second][0] : [...first].slice(0, 2).join('')).toUpperCase();
}

/** avatar draws the square for a user; size is '', 'small' or 'large'. */
export function avatar(user, size = '') {
  const name = user ? store.shownName(user) : '?';
  const node = h('span', { class: `avatar ${size} hue-${user ? hue(user.id) : 0}`, 'aria-hidden': 'true' }, user?.is_bot ? icon('robot') : initials(user?.real_name || name));
  if (user?.is_bot) node.classList.add('bot');
  return node;
}

/** presence is the dot that says whether somebody is there. */
export function presence(user) {
  const state = user?.dnd ? 'paused' : user?.away || user?.deleted ? 'away' : 'active';
  const words = { paused: 'notifications paused', away: 'away', active: 'active' };
  return h('span', { class: `presence ${state}`, role: 'img', 'aria-label': words[state], title: words[state] });
}
