// The commands that Slack's own client understands, as far as they help here.

import { store } from './store.js';
import { api } from './api.js';

/** builtins are offered behind the app's commands; an app's command of the same name wins. */
export const builtins = [
  { command: '/invite', description: 'Invite somebody to this channel', usage_hint: '@name', run: (channel, text) => each(text, (user) => api.invite(channel, user)) },
  { command: '/remove', description: 'Remove somebody from this channel', usage_hint: '@name', run: (channel, text) => each(text, (user) => api.kick(channel, user)) },
  { command: '/topic', description: 'Set the channel’s topic', usage_hint: '[text]', run: (channel, text) => api.describe(channel, 'topic', text) },
  { command: '/rename', description: 'Rename the channel', usage_hint: '[name]', run: (channel, text) => api.rename(channel, text) },
  { command: '/leave', description: 'Leave the channel', run: (channel) => api.leave(channel) },
  { command: '/archive', description: 'Archive the channel', run: (channel) => api.archive(channel, true) },
];

/** builtin is Slack's own command of that name, unless the app has taken it. */
export function builtin(name) {
  if (store.commands.some((c) => c.command === name)) return null;
  return builtins.find((c) => c.command === name) || null;
}

async function each(text, act) {
  const names = text.split(/[\s,]+/).filter(Boolean);
  if (!names.length) throw new Error('Say who, as in @name.');
  for (const name of names) {
    const handle = name.replace(/^@/, '').toLowerCase();
    const user = [...store.users.values()].find((u) => u.name.toLowerCase() === handle);
    if (!user) throw new Error(`There is nobody called ${name} here.`);
    await act(user.id);
  }
}
