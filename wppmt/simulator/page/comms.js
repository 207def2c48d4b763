// The socket's life: it is opened, lost and opened again until the page is told to stop.

const FIRST_WAITS_MS = [1000, 1000];
const LONGEST_WAIT_MS = 8000; // on WhatsApp 15 minutes
const WAIT_JITTER = 0.1;

const comms = (() => {
  let stopped = true;
  let waits = [...FIRST_WAITS_MS];
  let retry;
  let pageFaults; // those that strike this page as long as it lives

  function open() {
    BackendEventBus.triggerSetSocketState('OPENING');
    link.open(greet, lost);
  }

  async function greet() {
    waits = [...FIRST_WAITS_MS];
    BackendEventBus.triggerSetSocketState('PAIRING');
    const hello = { ...pairingKeys(), token: login.token, pageFaults };
    const answer = await link.call('hello', hello).catch(() => ({}));
    pageFaults = answer.pageFaults || pageFaults;
  }

  function lost() {
    BackendEventBus.triggerSocketStreamDisconnected();
    if (stopped) return;
    const [wait, next] = waits;
    waits = [next, Math.min(wait + next, LONGEST_WAIT_MS)];
    retry = setTimeout(open, wait * (1 + WAIT_JITTER * (2 * Math.random() - 1)));
  }

  function start() {
    stopped = false;
    clearTimeout(retry);
    open();
  }

  function stop() {
    stopped = true;
    clearTimeout(retry);
    link.close();
  }

  // Without telling anybody that the socket is gone.
  function fallSilent() {
    stopped = true;
    clearTimeout(retry);
    link.abandon();
  }

  function restart() {
    link.abandon();
    start();
  }

  return { start, stop, fallSilent, restart, isStopped: () => stopped, isOpen: () => link.isOpen() };
})();

BackendEventBus.onReconnectSocket(comms.restart);
BackendEventBus.onRefreshQR(comms.restart);
NetworkStatus.on('change:online', () => {
  if (NetworkStatus.online && !comms.isStopped() && !comms.isOpen()) comms.restart();
});

define('WAWebLaunchSocketUtils', () => ({ refreshQR: comms.restart }));
define('WAComms', () => ({
  stopComms: comms.stop,
  isSocketConnected: comms.isOpen,
  getMsSinceLastInboundRx: link.msSinceLastWord,
  sendPing: async () => comms.isOpen() && link.call('ping').then(() => true),
  castSmaxStanza: castStanza,
  sendSmaxStanza: castStanza,
}));
