// Keeps the page as it is in the gateway: server-sent events tell of changes at once, a look at everything comes now and then.

import { headers } from './api.js';

const SLOWEST_MS = 10_000;
const QUICKEST_MS = 1000;
/** One look may cost the gateway this part of a core: what took 20 ms is done at most once a second. */
const SHARE = 0.02;
const RETRY_MS = 3000;

/** The blocks of an event stream, as they come: `{ id, data }`. */
async function* blocks(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split(/\r?\n\r?\n/);
    rest = parts.pop();
    for (const part of parts) {
      const fields = part.split(/\r?\n/).map((line) => line.match(/^(\w+): ?(.*)$/)).filter(Boolean);
      const of = (name) => fields.filter((field) => field[1] === name).map((field) => field[2]).join('\n');
      yield { id: of('id'), data: of('data') };
    }
  }
}

/** Calls `look` again and again, and `hear` with each event of the stream, from `start` to `stop`. */
export class Live {
  #look;
  #hear;
  #stopped = null;
  #timer = 0;
  #plannedFor = 0;
  #lookedAt = 0;
  #isStreaming = false;
  #cost = 0;
  #last = '';

  constructor(look, hear) {
    this.#look = look;
    this.#hear = hear;
    document.addEventListener('visibilitychange', () => this.#stopped && !document.hidden && this.soon(0));
  }

  start() {
    this.stop();
    this.#stopped = new AbortController();
    this.soon(0);
    this.#listen(this.#stopped.signal);
  }

  stop() {
    this.#stopped?.abort();
    this.#stopped = null;
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** Something has changed that no event tells whole: look earlier than planned. */
  soon(ms = 300) {
    const now = performance.now();
    const allowed = Math.min(this.#lookedAt + this.#cost / SHARE, now + SLOWEST_MS);
    this.#planFor(ms === 0 ? now : Math.max(now + ms, allowed));
  }

  /** The earliest plan counts. */
  #planFor(at) {
    if (this.#timer && this.#plannedFor <= at) return;
    clearTimeout(this.#timer);
    this.#plannedFor = at;
    this.#timer = setTimeout(() => this.#lookNow(), at - performance.now());
  }

  async #lookNow() {
    const stopped = this.#stopped;
    this.#timer = 0;
    if (!stopped || document.hidden) return;
    const began = performance.now();
    const isWell = await this.#look();
    if (this.#stopped !== stopped) return;
    this.#lookedAt = performance.now();
    this.#cost = this.#lookedAt - began;
    const rest = this.#isStreaming ? SLOWEST_MS : Math.max(QUICKEST_MS, this.#cost / SHARE);
    this.#planFor(this.#lookedAt + (isWell ? Math.min(rest, SLOWEST_MS) : RETRY_MS));
  }

  async #listen(signal) {
    while (!signal.aborted) {
      try {
        const known = this.#last ? { 'Last-Event-ID': this.#last } : {};
        const response = await fetch('/api/events/stream', { headers: { ...headers(), ...known }, cache: 'no-store', signal });
        const isStream = response.ok && response.headers.get('Content-Type')?.startsWith('text/event-stream');
        if (response.status === 400) this.#last = '';
        // A gateway or a token without a stream: looking is enough.
        if (!isStream && [401, 403, 404].includes(response.status)) return;
        if (isStream) await this.#read(response.body);
      } catch {
        // Cut off: by us, by the gateway's restart, or by the network.
      }
      this.#isStreaming = false;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async #read(body) {
    this.#isStreaming = true;
    for await (const { id, data } of blocks(body)) {
      if (id) this.#last = id;
      if (data) this.#hear(JSON.parse(data));
    }
  }
}
