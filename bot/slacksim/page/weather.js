// The weather: ways in which Slack can fail, switched on and off by hand.

import { h, button } from './dom.js';
import { store } from './store.js';
import { api } from './api.js';
import { report, attempt } from './dialog.js';

const kinds = [
  { key: 'down', name: 'Slack is down', words: 'Every request and socket of the app ends without an answer. People here can go on.' },
  { key: 'storm', name: '429 storm', words: 'Half of the app’s calls are refused with “rate limited, try again in 2 seconds”.' },
  { key: 'errors', name: 'Server errors', words: 'A third of the app’s calls get HTTP 500.' },
  { key: 'drop', name: 'Answers lost', words: 'A third of the app’s calls are carried out, then the answer is lost.' },
  { key: 'slow', name: 'Slow answers', words: 'Each of the app’s calls takes two seconds longer.' },
  { key: 'late', name: 'Late events', words: 'Events reach the app 30 seconds late.' },
  { key: 'twice', name: 'Duplicate events', words: 'Every event reaches the app twice.' },
  { key: 'lost', name: 'Lost clicks', words: 'Commands and clicks never reach the app: you see what people then see.' },
];

const once = [
  { key: 'cut', name: 'Cut the sockets', words: 'Ends every live connection of the app at once, without goodbye.' },
  { key: 'refresh', name: 'Ask to reconnect', words: 'What Slack does every few hours.' },
];

/** weather renders the panel's body from store.faults. */
export function weather() {
  const state = store.faults || {};
  const on = new Set(state.on || []);
  const bad = on.size > 0 || state.other > 0;
  return h('div', { class: 'weather' },
    h('p', { class: bad ? 'weather-now bad' : 'weather-now', role: 'status' }, bad ? `Rough: ${[...on].map((k) => kinds.find((x) => x.key === k)?.name).filter(Boolean).join(', ') || 'faults are set'}` : 'Clear: Slack works'),
    state.sockets === undefined ? null : h('p', { class: 'muted', text: state.sockets === 0 ? 'The app is not connected.' : `The app is connected with ${state.sockets} socket${state.sockets === 1 ? '' : 's'}.` }),
    kinds.map((kind) => h('label', { class: 'switch' }, h('input', {
      type: 'checkbox', role: 'switch', checked: on.has(kind.key), data: { key: kind.key },
      on: { change: (e) => attempt(api.fault(kind.key, e.target.checked)) },
    }), h('span', {}, h('strong', { text: kind.name }), h('small', { text: kind.words })))),
    once.map((kind) => h('div', { class: 'switch' }, button({ class: 'bk-button', data: { key: kind.key }, on: { click: () => attempt(api.fault(kind.key, true).then(() => report('Done', 'right'))) } }, kind.name), h('small', { text: kind.words }))),
    h('div', { class: 'detail actions' }, button({ class: 'bk-button primary', data: { key: 'clear' }, disabled: !bad, on: { click: () => attempt(api.clearFaults()) } }, 'Clear weather')));
}
