// The page's end of the channel: numbered events, the beat, and calls. Knows nothing of WhatsApp.
//
// Everything that crosses is a JSON string. `page` names one life of this page: a reload makes a new one,
// whose events count from 1 again.
(function () {
  'use strict';

  const RING = 1000;
  const { beatSeconds, version } = self.wppmtSettings;

  const page = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, '0')).join('');
  const functions = Object.create(null);
  const ring = [];
  let last = 0;
  let channel = null;
  let facts = () => ({});

  /** A "no" with a stable word, which the daemon can act on; `about` is what the caller should be told of. */
  class Rejection extends Error {
    constructor(reason, detail, until, about) {
      super(detail || reason);
      this.reason = reason;
      this.until = until || null;
      this.about = about || [];
    }
  }

  function tell(notice) {
    if (channel) channel(JSON.stringify(notice));
  }

  function emit(name, data) {
    last += 1;
    const event = { page, number: last, name, data: data || {} };
    ring.push(event);
    if (ring.length > RING) ring.shift();
    tell({ event });
  }

  function beat() {
    tell({ beat: { page, last, facts: facts() } });
  }

  /** The daemon hands in its end; what happened before is told now, in order. */
  function open(end) {
    channel = end;
    for (const event of ring) tell({ event });
  }

  // Numbers, ids and names may stand in wa-js's error texts; they must not reach a log.
  function describe(error) {
    const text = String((error && (error.code || error.message)) || error);
    return text.replace(/\d{5,}/g, '...').slice(0, 200);
  }

  function rejected(error) {
    const { reason, until, about } = error instanceof Rejection ? error : {};
    const code = error && typeof error.code === 'string' && error.code;
    return { rejected: reason || code || 'failed', detail: describe(error), until: until || null, about: about || [] };
  }

  /** Runs one function; never throws, so that a failed callFunction always means the page or the browser. */
  async function call(name, json) {
    const run = functions[name];
    if (!run) return JSON.stringify({ rejected: 'unknown_function', detail: name });
    try {
      const value = await run(JSON.parse(json));
      return JSON.stringify({ value: value === undefined ? null : value });
    } catch (error) {
      return JSON.stringify(rejected(error));
    }
  }

  functions.events_since = ({ after }) => ({
    page,
    oldest: ring.length ? ring[0].number : last + 1,
    last,
    events: ring.filter((event) => event.number > after).map(({ number, name, data }) => ({ number, name, data })),
  });

  // A daemon that adopts this page wants to know whose code runs here, and a sign of life now.
  functions.version = () => version;
  functions.beat = beat;

  functions.reload = () => {
    setTimeout(() => location.reload());
    return {};
  };

  self.wppmt = {
    call,
    open,
    emit,
    beat,
    Rejection,
    describe,
    functions,
    /** Whoever knows WhatsApp says how its facts are read. */
    setFacts(read) {
      facts = read;
    },
  };
  setInterval(beat, beatSeconds * 1000);
  const { wppmtTell } = self;
  delete self.wppmtTell;
  if (wppmtTell) open(wppmtTell);
})();
