// Puts the page together: who is looking, at what, and what changes under them.

import { h, button, icon, menu, fill, refill, popup, link, safeURL } from './dom.js';
import { store } from './store.js';
import { api } from './api.js';
import { sidebar } from './sidebar.js';
import { MessageList } from './list.js';
import { Composer } from './composer.js';
import { Panel } from './panel.js';
import { showModals } from './modal.js';
import { blocks } from './blocks.js';
import { surface } from './surface.js';
import { avatar, presence } from './avatar.js';
import { mrkdwn, inline } from './mrkdwn.js';
import { withEmoji } from './emoji.js';
import { zoneLabel } from './time.js';
import { line, report, attempt } from './dialog.js';
import { builtin } from './builtin.js';

const byID = (id) => document.getElementById(id);
const list = new MessageList('Messages', 'channel');
const composer = new Composer({ send: (text) => say(text), shortcut: (callback) => attempt(api.shortcut(callback)) });
const panel = new Panel(byID('panel'), () => { paint(); remember(); });

let painted = ''; // the conversation whose skeleton stands in main
let newAfter = null; // what was unread when the conversation was opened
let marked = ''; // what was last marked as read
let homeValues = {};
let homeHash = '';

// ---- where one is: #/USER/CHANNEL/TS, so that each window can be somebody else

function place() {
  const [, user = '', channel = '', ts = ''] = location.hash.split('/').map(decodeURIComponent);
  return { user, channel, ts };
}

function remember() {
  const thread = panel.what?.kind === 'thread' ? `/${panel.what.ts}` : '';
  const hash = `#/${encodeURIComponent(store.me)}/${encodeURIComponent(store.channel)}${thread}`;
  if (location.hash !== hash) history[location.hash ? 'pushState' : 'replaceState'](null, '', hash);
}

function firstChannel() {
  const mine = store.visible().filter((c) => c.is_member && !c.is_archived && !c.is_im && !c.is_mpim);
  return (mine.find((c) => c.name === 'incidents') || mine.find((c) => c.name === 'general') || mine[0] || store.visible()[0])?.id || '';
}

async function open(channel, { ts = '', keepPanel = false } = {}) {
  if (!channel) return;
  document.body.classList.remove('side-open');
  const known = store.channels.get(channel);
  newAfter = known?.last_read || null;
  store.channel = channel;
  if (!keepPanel) panel.close();
  if (channel !== 'home') await attempt(api.load(channel));
  if (ts) panel.open({ kind: 'thread', channel, ts });
  remember();
  paint();
  read();
  if (!matchMedia('(pointer: coarse)').matches && !ts) composer.focus();
}

function read() {
  const channel = store.channels.get(store.channel);
  if (!channel || document.hidden) return;
  const last = store.list(channel.id).at(-1);
  const mark = last && `${store.me} ${channel.id} ${last.ts}`;
  if (!last || marked === mark || (!channel.unread && channel.last_read >= last.ts)) return;
  marked = mark;
  attempt(api.read(channel.id, last.ts));
}

async function say(text) {
  const channel = store.channel;
  list.atEnd = true;
  const match = /^(\/[^\s/]+)(?:\s+([\s\S]*))?$/.exec(text);
  const own = match && builtin(match[1].toLowerCase());
  if (own) await own.run(channel, (match[2] || '').trim());
  else if (match) await api.command(channel, match[1], match[2] || '');
  else await api.say(channel, text.trim());
}

async function be(user) {
  panel.close();
  await api.as(user);
  await open(store.channels.has(store.channel) || store.channel === 'home' ? store.channel : firstChannel());
  if (store.channel === 'home') openHome();
}

// ---- the bar at the top

function top() {
  const me = store.mine();
  const bad = Boolean(store.faults?.on?.length || store.faults?.other);
  const others = store.actors().filter((u) => u.id !== store.me).reduce((sum, u) => sum + (store.waiting.get(u.id) || 0), 0);
  const words = `You are ${store.shownName(me)}. Switch user${others ? `, ${others} unread for others` : ''}`;
  const mine = store.visible().filter((c) => c.id !== store.channel).reduce((sum, c) => sum + ((c.is_im ? c.unread : c.mentions) || 0), 0);
  refill(byID('top'), [me, bad, others, mine, store.offline, store.team.name], () => [
    button({ class: 'top-icon only-narrow', 'aria-label': mine ? `Show channels, ${mine} unread` : 'Show channels', data: { key: 'side' }, on: { click: () => document.body.classList.toggle('side-open') } },
      icon('menu'), mine ? h('span', { class: 'count', text: mine }) : null),
    h('h1', {}, store.team.name), button({ class: 'simulated', 'aria-label': 'About this simulated workspace', data: { key: 'about' }, on: { click: (e) => popup(e.currentTarget, about()) } }, 'simulated'), h('span', { class: 'grow' }),
    store.offline ? h('span', { class: 'offline', role: 'status', text: 'Reconnecting…' }) : null,
    button({ class: 'top-icon', 'aria-label': 'Shortcuts', title: 'Shortcuts', 'aria-haspopup': 'menu', data: { key: 'shortcuts' }, on: { click: (e) => globalShortcuts(e.currentTarget) } }, icon('bolt')),
    button({
      class: bad ? 'top-icon bad' : 'top-icon', 'aria-label': bad ? 'Weather: faults are on' : 'Weather', title: 'Weather: make Slack fail', data: { key: 'weather' },
      on: { click: () => panel.toggle({ kind: 'weather' }) },
    }, icon('cloud')),
    button({ class: 'who', 'aria-haspopup': 'menu', 'aria-label': words, data: { key: 'who' }, on: { click: (e) => whoMenu(e.currentTarget) } },
      others ? h('span', { class: 'count', title: 'Somebody else has unread messages', text: others }) : null,
      h('span', { class: 'who-face' }, avatar(me, 'small'), presence(me)), h('span', { class: 'who-text' }, h('small', { text: 'You are' }), h('strong', { text: store.shownName(me) })), icon('chevron')),
  ]);
}

function about() {
  const commands = [...new Set([store.commands[0], store.commands.at(-1)])].filter(Boolean).map((c) => c.command);
  return h('div', { class: 'about', role: 'dialog', 'aria-label': 'About this workspace' },
    h('p', {}, h('strong', { text: 'This is not Slack. ' }), `It is a workspace inside the program, made to try ${store.app.name} safely: nothing you do here leaves this machine.`),
    h('ul', {}, commands.length ? h('li', {}, 'Type ', commands.flatMap((c, i) => [i ? ' or ' : '', h('code', { text: c })]), ' in any channel.') : null,
      h('li', { text: 'Be somebody else with “You are” at the top right. A red number there means that messages wait for the others.' }),
      h('li', { text: 'Open a second window to be two people at once.' }),
      h('li', { text: 'Make Slack fail with the cloud, and see what happens.' })));
}

function whoMenu(anchor) {
  menu(anchor, store.actors().map((u) => ({
    label: `${store.shownName(u)}${u.id === store.me ? ' (you)' : ''}`, hint: [u.title, u.deleted ? 'deactivated' : u.guest ? 'guest' : '', zoneLabel(u.tz)].filter(Boolean).join(' · '),
    icon: avatar(u, 'small'), current: u.id === store.me, disabled: u.deleted, count: u.id === store.me ? 0 : store.waiting.get(u.id), act: () => attempt(be(u.id)),
  })), 'Switch user');
}

function globalShortcuts(anchor) {
  const found = store.shortcuts.filter((s) => s.type === 'global');
  if (!found.length) return report('The app has no global shortcuts', 'right');
  return menu(anchor, found.map((s) => ({ label: s.name, hint: `${store.app.name} · ${s.description}`, act: () => attempt(api.shortcut(s.callback_id)) })), 'Shortcuts');
}

// ---- the conversation

function paint() {
  document.body.classList.toggle('with-panel', Boolean(panel.what));
  const mentions = store.visible().reduce((sum, c) => sum + (c.mentions || 0), 0);
  byID('main').inert = Boolean(panel.what) && matchMedia('(max-width: 800px)').matches;
  document.title = `${mentions ? `(${mentions}) ` : ''}${store.channel === 'home' ? store.app.name : store.title(store.channels.get(store.channel))} · ${store.team.name}`;
  top();
  sidebar(byID('sidebar'), sideActs);
  if (isApp()) paintApp();
  else paintChannel();
  panel.render();
  if (showModals() && store.channel !== 'home') composer.focus();
}

const appTalk = () => store.visible().find((c) => c.is_im && c.user === store.app.user);

function isApp() {
  return store.channel === 'home' || store.channel === appTalk()?.id;
}

function paintChannel() {
  const channel = store.channels.get(store.channel);
  const main = byID('main');
  if (!channel) {
    painted = '';
    return fill(main, h('p', { class: 'empty', text: 'This conversation does not exist, or you cannot see it.' }));
  }
  if (painted !== 'channel') {
    painted = 'channel';
    fill(main, h('header', { class: 'channel-head' }), h('div', { class: 'bookmarks' }), list.node, h('div', { class: 'bar' }), composer.node);
  }
  refill(main.querySelector('.channel-head'), [store.me, store.version, channel, store.users.get(channel.user)], () => channelHead(channel));
  bookmarks(main.querySelector('.bookmarks'), channel);
  conversation(channel, main.querySelector('.bar'));
  return undefined;
}

function conversation(channel, bar) {
  const shown = [...store.list(channel.id).filter((m) => !m.thread_ts || m.thread_ts === m.ts || m.subtype === 'thread_broadcast'),
    ...(store.ephemerals.get(channel.id) || []).filter((m) => !m.thread_ts)].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  const more = api.hasMore(channel.id);
  list.show(channel.id, shown, {
    scope: `${store.me} ${channel.id}`, unread: newAfter,
    intro: more ? { print: `earlier ${shown[0]?.ts}`, make: () => earlier(channel) } : { print: `${channel.name} ${store.version} ${channel.purpose}`, make: () => intro(channel) },
  });
  const talk = channel.is_im || channel.is_mpim;
  const other = talk && channel.is_im ? store.users.get(channel.user) : null;
  const closed = channel.is_archived ? `#${channel.name} is archived` : !talk && !channel.is_member ? `Join #${channel.name} to write here` : other?.deleted ? `${store.shownName(other)} has been deactivated`
    : channel.user === store.app.user && store.app.readOnly ? 'Sending messages to this app has been turned off.' : '';
  composer.show(`${store.me} ${channel.id}`, talk ? `Message ${store.title(channel)}` : `Message #${channel.name}`, closed);
  refill(bar, [channel.id, channel.is_archived, channel.is_member], () => (channel.is_archived ? h('p', {}, 'You are viewing an archived channel.')
    : !talk && !channel.is_member ? h('p', {}, h('strong', { text: `#${channel.name}` }), ' ', button({ class: 'bk-button primary', on: { click: () => attempt(api.join(channel.id)) } }, 'Join channel')) : null));
}

function channelHead(channel) {
  const talk = channel.is_im || channel.is_mpim;
  const other = channel.is_im ? store.users.get(channel.user) : null;
  const pinned = channel.pins?.length || 0;
  const name = button({
    class: 'channel-name', data: { key: 'name' }, on: { click: (e) => (other ? store.open.profile(other.id, e.currentTarget) : panel.toggle({ kind: 'details', channel: channel.id })) },
  }, other ? avatar(other, 'small') : icon(channel.is_mpim ? 'people' : channel.is_private ? 'lock' : 'hash'), h('h2', { text: store.title(channel) }), other && !other.is_bot ? presence(other) : icon('chevron'));
  return [name,
    talk ? null : h('div', { class: 'topic', title: channel.topic }, channel.topic ? inline(channel.topic) : ''),
    h('span', { class: 'grow' }),
    pinned ? button({ class: 'head-button', 'aria-label': `Pinned messages: ${pinned}`, title: 'Pinned messages', data: { key: 'pins' }, on: { click: () => panel.toggle({ kind: 'pins', channel: channel.id }) } }, icon('pin'), String(pinned)) : null,
    talk ? null : button({ class: 'head-button', 'aria-label': `Members: ${channel.members?.length ?? 0}`, title: 'Members', data: { key: 'members' }, on: { click: () => panel.toggle({ kind: 'details', channel: channel.id }) } }, icon('people'), String(channel.members?.length ?? 0))];
}

function bookmarks(node, channel) {
  const marks = channel.bookmarks || [];
  node.hidden = !marks.length;
  refill(node, marks, () => marks.map((b) => {
    const mark = b.emoji ? withEmoji(b.emoji) : null;
    const inside = [mark && mark !== b.emoji ? h('span', { class: 'emoji', text: mark }) : icon('link'), b.title];
    return safeURL(b.link) ? link(b.link, ...inside) : h('span', {}, ...inside);
  }));
}

function earlier(channel) {
  const load = button({ class: 'bk-button', on: { click: () => { load.disabled = true; list.atEnd = false; attempt(api.loadMore(channel.id)); } } }, 'Show earlier messages');
  return h('div', { class: 'intro' }, load);
}

function intro(channel) {
  if (channel.is_im) {
    const other = store.users.get(channel.user);
    return h('div', { class: 'intro' }, avatar(other, 'large'), h('h3', { text: store.title(channel) }),
      h('p', {}, other?.id === store.me ? 'This is your space: messages here are seen by nobody else.' : `This is the beginning of your conversation with ${store.title(channel)}.`));
  }
  return h('div', { class: 'intro' }, h('h3', {}, channel.is_mpim ? store.title(channel) : [icon(channel.is_private ? 'lock' : 'hash'), channel.name]),
    h('p', {}, `This is the very beginning of ${channel.is_mpim ? 'this conversation' : `#${channel.name}`}. `, channel.purpose ? mrkdwn(channel.purpose) : null));
}

// ---- the app's own page: Home and Messages

function paintApp() {
  const main = byID('main');
  const talk = appTalk();
  const bot = store.users.get(store.app.user);
  const onHome = store.channel === 'home';
  const kind = onHome ? 'home' : 'app';
  if (painted !== kind) {
    painted = kind;
    fill(main, h('header', { class: 'channel-head' }), h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'App' }),
      onHome ? h('div', { class: 'home', tabindex: '-1' }) : [list.node, h('div', { class: 'bar' }), composer.node]);
    homeHash = '';
  }
  refill(main.querySelector('.channel-head'), ['app', store.version], () => button({ class: 'channel-name', data: { key: 'name' }, on: { click: (e) => store.open.profile(bot.id, e.currentTarget) } }, avatar(bot, 'small'), h('h2', { text: store.app.name }), h('span', { class: 'badge', text: 'APP' })));
  const tab = (name, on, go, unread) => button({ class: 'tab', role: 'tab', data: { key: name }, 'aria-selected': String(on), on: { click: go } }, name, unread ? h('span', { class: 'count', 'aria-label': `${unread} unread`, text: unread }) : null);
  const waits = onHome ? appTalk()?.unread : 0;
  refill(main.querySelector('.tabs'), [onHome, store.app.home, waits], () => [store.app.home ? tab('Home', onHome, () => openHome()) : null, tab('Messages', !onHome, () => attempt(openTalk()), waits)]);
  if (!onHome) return conversation(talk, main.querySelector('.bar'));
  const print = JSON.stringify([store.me, store.home, store.version]);
  if (print === homeHash) return undefined;
  homeHash = print;
  if (store.home) homeValues = store.home.state?.values || {};
  return fill(main.querySelector('.home'), store.home ? blocks(store.home.blocks, surface({ home: true }, homeValues))
    : h('p', { class: 'empty', text: `${store.app.name} has not drawn this page yet.` }));
}

function openHome() {
  open('home');
  attempt(api.home('home'));
}

async function openTalk() {
  const id = appTalk()?.id || await api.talk([store.app.user]);
  await open(id);
  attempt(api.home('messages'));
}

const sideActs = {
  open: (channel) => open(channel),
  app: () => (store.app.home && !appTalk()?.unread ? openHome() : attempt(openTalk())),
  talk: (user) => attempt(talk(user)),
  create: async (isPrivate) => {
    const name = await line(isPrivate ? 'Create a private channel' : 'Create a channel', 'Name', '', { done: 'Create' });
    if (name) attempt(api.create(name.trim().toLowerCase().replace(/\s+/g, '-'), isPrivate).then((id) => open(id)));
  },
};

async function talk(user) {
  if (user === store.app.user) return openTalk();
  return open(await api.talk([user]));
}

// ---- what names and messages open

Object.assign(store.open, {
  channel: (id) => open(id),
  talk: (user) => attempt(talk(user)),
  be: (user) => attempt(be(user)),
  profile: (user) => panel.open({ kind: 'profile', user }),
  thread: (ts) => { panel.open({ kind: 'thread', channel: store.channel, ts }); remember(); },
  message: (channel, message) => {
    if (message.thread_ts && message.thread_ts !== message.ts) return panel.open({ kind: 'thread', channel, ts: message.thread_ts });
    if (matchMedia('(max-width: 800px)').matches) panel.close();
    return list.reveal(message.ts);
  },
  invite: (channel, anchor) => {
    const there = new Set(store.channels.get(channel)?.members);
    menu(anchor, store.people().filter((u) => !there.has(u.id)).map((u) => ({ label: store.shownName(u), hint: u.title, icon: avatar(u, 'small'), act: () => attempt(api.invite(channel, u.id)) })), 'Add people');
  },
  dismiss: (channel, ts) => attempt(api.remove(channel, ts)),
});

let waiting = false;

/** changed paints once per frame, however much has happened. */
function changed() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    if (store.channel !== 'home' && !store.channels.has(store.channel)) open(firstChannel());
    paint();
    read();
  });
}

addEventListener('popstate', () => {
  const { user, channel, ts } = place();
  if (user && user !== store.me && store.users.has(user)) {
    store.channel = channel;
    attempt(be(user));
  } else if (channel) open(channel, { ts });
});

byID('main').addEventListener('click', (e) => {
  if (!document.body.classList.contains('side-open')) return;
  e.preventDefault();
  document.body.classList.remove('side-open');
}, true);

document.addEventListener('keydown', (e) => {
  if (e.key === 'Escape') document.body.classList.remove('side-open');
  const nowhere = [document.body, byID('main'), list.node].includes(document.activeElement);
  if (nowhere && e.key.length === 1 && !e.ctrlKey && !e.metaKey && !e.altKey && store.channel !== 'home') composer.focus(); // typing always reaches the box
});

// A permalink of this workspace opens here, as the person one is.
document.addEventListener('click', (e) => {
  const address = e.target.closest?.('a[href]')?.href;
  const url = address && new URL(address);
  const found = url?.origin === location.origin && /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(url.pathname);
  if (!found || e.ctrlKey || e.metaKey) return;
  e.preventDefault();
  open(found[1], { ts: url.searchParams.get('thread_ts') || '' }).then(() => list.reveal(`${found[2]}.${found[3]}`));
});

document.addEventListener('visibilitychange', () => { if (!document.hidden) changed(); });

setInterval(changed, 30_000); // "2 minutes ago" ages

async function start() {
  const want = place();
  await api.start(want.user, changed);
  store.channel = want.channel && (want.channel === 'home' || store.channels.has(want.channel)) ? want.channel : firstChannel();
  if (store.channel === 'home') attempt(api.home('home'));
  await open(store.channel, { ts: want.ts });
}

start().catch((problem) => fill(byID('main'), h('p', { class: 'empty error', role: 'alert', text: `The workspace did not open: ${problem.message}. Is it still running? Reload the page to try again.` })));
