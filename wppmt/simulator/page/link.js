// The websocket to the server: calls with answers, and pushes, which are handled strictly one after the other; those of a
// kind that is taken together, with all of that kind that wait right behind.

const HEALTH_CHECK_MS = 15_000;
const DEAD_AFTER_MS = 20_000; // without a word from the other side

const link = (() => {
  const handlers = {};
  const together = new Set();
  const calls = new Map();
  let socket;
  let lastCall = 0;
  let lastWord = 0;
  const waiting = [];
  let isHandling = false;

  const isOpen = () => !!socket && socket.readyState === WebSocket.OPEN;

  function call(type, data) {
    if (!isOpen()) return Promise.reject(new Error('socket is closed'));
    return new Promise((resolve, reject) => {
      lastCall += 1;
      calls.set(lastCall, { resolve, reject });
      socket.send(JSON.stringify({ id: lastCall, type, data: data || {} }));
    });
  }

  function tell(type, data) {
    call(type, data).catch(() => {}); // whoever cares for the answer uses call()
  }

  function confirm(n) {
    if (isOpen()) socket.send(JSON.stringify({ type: 'confirm', data: { n } }));
  }

  function nextFrames() {
    const [{ type }] = waiting;
    const end = together.has(type) ? waiting.findIndex((frame) => frame.type !== type) : 1;
    return waiting.splice(0, end < 0 ? waiting.length : end);
  }

  async function handle(frames) {
    const [{ type, data }] = frames;
    try {
      await handlers[type](together.has(type) ? frames.map((frame) => frame.data) : data);
      // Not before they are stored: the server keeps them until then.
      for (const { n } of frames) if (n) confirm(n);
    } catch (error) {
      throwLater(error);
    }
  }

  async function handleWaiting() {
    if (isHandling) return;
    isHandling = true;
    while (waiting.length) await handle(nextFrames());
    isHandling = false;
  }

  function receive(event) {
    lastWord = performance.now();
    const frame = JSON.parse(event.data);
    if (frame.re) {
      calls.get(frame.re).resolve(frame.data);
      calls.delete(frame.re);
    } else {
      waiting.push(frame);
      handleWaiting();
    }
  }

  function forgetCalls() {
    for (const { reject } of calls.values()) reject(new Error('socket is closed'));
    calls.clear();
  }

  // Gone for the page, whatever becomes of it on the wire; nobody hears of it any more.
  function abandon() {
    if (!socket) return;
    Object.assign(socket, { onmessage: null, onopen: null, onclose: null });
    socket.close();
    forgetCalls();
  }

  function open(onOpen, onLost) {
    const phone = login.me ? new Wid(login.me).user : '';
    socket = new WebSocket(`wss://${location.host}/ws?phone=${phone}`);
    socket.onmessage = receive;
    socket.onopen = () => {
      lastWord = performance.now();
      onOpen();
    };
    socket.onclose = () => {
      forgetCalls();
      onLost();
    };
  }

  // A socket over which nothing comes any more stays open by itself.
  setInterval(() => {
    if (!isOpen()) return;
    if (performance.now() - lastWord < DEAD_AFTER_MS) return tell('ping');
    const { onclose } = socket;
    abandon();
    onclose();
  }, HEALTH_CHECK_MS);

  return {
    msSinceLastWord: () => (lastWord ? performance.now() - lastWord : -1),
    call, tell, open, isOpen, abandon, close: () => socket && socket.close(),
    on: (type, handler) => { handlers[type] = handler; },
    onMany(type, handler) {
      together.add(type);
      handlers[type] = handler;
    },
  };
})();
