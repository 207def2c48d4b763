// What the page knows of the gateway, and which part of it has changed.

export const STATES = ['error', 'phone_disconnected', 'reconnecting', 'waiting_scan', 'initializing', 'connected', 'disconnected'];
/** Worst first. */

export const model = {
  /** null: not known yet. */
  isAdmin: null,
  isLoaded: false,
  sessions: new Map(),
  health: null,
  /** Of the service as a whole, for administrators. */
  figures: null,
  /** The codes of those that fire; null: not known; false: this gateway has none. */
  alerts: null,
  isReachable: true,
};

/** The rows as they are now. One that is as before stays the same object, so that whoever draws it sees that. */
export function takeSessions(rows) {
  const before = model.sessions;
  model.sessions = new Map(
    rows.map((row) => {
      const known = before.get(row.sessionId);
      return [row.sessionId, known && JSON.stringify(known) === JSON.stringify(row) ? known : row];
    }),
  );
  model.isLoaded = true;
}

/** An event of the stream: what it says of a session's row is shown at once. */
export function takeEvent(event) {
  const row = model.sessions.get(event.sessionId);
  if (!row || event.event !== 'connection_change') return;
  const { status, reason, reasonCode, phone = row.phone } = event;
  model.sessions.set(row.sessionId, { ...row, status, reason, reasonCode, phone, since: event.timestamp });
}

export function forget() {
  Object.assign(model, { isAdmin: null, isLoaded: false, sessions: new Map(), health: null, figures: null, alerts: null, isReachable: true });
}

export function countStates() {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
  for (const { status } of model.sessions.values()) counts[status] += 1;
  return counts;
}

const ORDERS = {
  trouble: (a, b) => STATES.indexOf(a.status) - STATES.indexOf(b.status) || byName(a, b),
  name: byName,
  memory: (a, b) => (b.memoryMb ?? 0) - (a.memoryMb ?? 0) || byName(a, b),
  activity: (a, b) => (b.lastActivity ?? '').localeCompare(a.lastActivity ?? '') || byName(a, b),
  lag: (a, b) => (b.webhookLagSeconds ?? -1) - (a.webhookLagSeconds ?? -1) || byName(a, b),
};
export const ORDER_NAMES = Object.keys(ORDERS);

function byName(a, b) {
  return a.sessionId < b.sessionId ? -1 : 1;
}

/** The sessions that a filter, words and an order leave, as a list. */
export function chosenSessions({ state, words, order }) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (row) => {
    if (state && row.status !== state) return false;
    const text = [row.sessionId, row.description, row.phone, row.pushname, row.reason, row.reasonCode].join(' ').toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  return [...model.sessions.values()].filter(fits).sort(ORDERS[order]);
}
