// Times as Slack shows them, in the zone of whoever is looking.

const formats = new Map();

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) {
    let made;
    try {
      made = new Intl.DateTimeFormat('en-US', { timeZone: zone || 'UTC', ...options });
    } catch {
      made = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', ...options });
    }
    formats.set(key, made);
  }
  return formats.get(key);
}

/** tsDate turns a message's ts or a number of seconds into a Date. */
export const tsDate = (ts) => new Date(Number.parseFloat(ts) * 1000);

export const clock = (date, zone) => format(zone, { hour: 'numeric', minute: '2-digit' }).format(date);

export const clockShort = (date, zone) => clock(date, zone).replace(/\s?[AP]M$/, '');

/** dayKey is equal for two instants on the same day of the zone. */
export const dayKey = (date, zone) => format(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(date);

export const full = (date, zone) => format(zone, { dateStyle: 'full', timeStyle: 'medium' }).format(date);

function relativeDay(date, zone) {
  const day = dayKey(date, zone);
  const near = (days) => day === dayKey(new Date(Date.now() + days * 86_400_000), zone);
  if (near(0)) return 'Today';
  if (near(-1)) return 'Yesterday';
  if (near(1)) return 'Tomorrow';
  return null;
}

const ordinal = (n) => n + (n % 100 >= 11 && n % 100 <= 13 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] || 'th');

function dayOfMonth(date, zone) {
  return ordinal(Number(format(zone, { day: 'numeric' }).format(date)));
}

const year = (date, zone) => format(zone, { year: 'numeric' }).format(date);

const thisYear = (date, zone) => year(date, zone) === year(new Date(), zone);

/** divider is the label between two days of a conversation. */
export function divider(date, zone) {
  const near = relativeDay(date, zone);
  if (near) return near;
  const parts = Object.fromEntries(format(zone, { weekday: 'long', month: 'long' }).formatToParts(date).map((p) => [p.type, p.value]));
  return `${parts.weekday}, ${parts.month} ${dayOfMonth(date, zone)}${thisYear(date, zone) ? '' : `, ${year(date, zone)}`}`;
}

/** ago says how long ago something was, as thread footers do. */
export function ago(date) {
  const seconds = Math.round((Date.now() - date.getTime()) / 1000);
  const past = seconds >= 0;
  const size = Math.abs(seconds);
  const [n, unit] = size < 60 ? [size, 'second'] : size < 3600 ? [Math.round(size / 60), 'minute']
    : size < 86_400 ? [Math.round(size / 3600), 'hour'] : [Math.round(size / 86_400), 'day'];
  const text = `${n} ${unit}${n === 1 ? '' : 's'}`;
  if (size < 10) return 'just now';
  return past ? `${text} ago` : `in ${text}`;
}

/** slackDate fills the tokens of a <!date^…> construct. */
export function slackDate(seconds, pattern, zone) {
  const date = new Date(seconds * 1000);
  const month = (length) => format(zone, { month: length }).format(date);
  const withYear = (text) => (thisYear(date, zone) ? text : `${text}, ${year(date, zone)}`);
  const weekday = (length) => format(zone, { weekday: length }).format(date);
  const number = format(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(date);
  const part = (type) => number.find((p) => p.type === type)?.value;
  const values = {
    date_num: () => `${part('year')}-${part('month')}-${part('day')}`,
    date: () => withYear(`${month('long')} ${dayOfMonth(date, zone)}`),
    date_short: () => `${month('short')} ${format(zone, { day: 'numeric' }).format(date)}, ${year(date, zone)}`,
    date_long: () => `${weekday('long')}, ${month('long')} ${dayOfMonth(date, zone)}, ${year(date, zone)}`,
    time: () => clock(date, zone),
    time_secs: () => format(zone, { hour: 'numeric', minute: '2-digit', second: '2-digit' }).format(date),
    ago: () => ago(date),
    day_divider_pretty: () => divider(date, zone),
  };
  return pattern.replace(/\{(\w+)\}/g, (all, token, at) => {
    const plain = token.replace(/_pretty$/, '');
    if (token !== plain && token !== 'day_divider_pretty') {
      const near = relativeDay(date, zone);
      if (near) return at === 0 ? near : near.toLowerCase();
    }
    return (values[token] || values[plain] || (() => all))();
  });
}

/** zoneLabel is the short wall clock of a zone now, for the list of people. */
export const zoneLabel = (zone) => `${clock(new Date(), zone)} ${zone || 'UTC'}`;
