// Cmd, Socket, Stream, Conn, NetworkStatus: what wa-js reads the state of the connection from.

class CmdImpl extends EventEmitter {
  constructor() {
    super();
    this.isMainLoaded = false;
  }

  refreshQR() { link.tell('refreshQr'); }
  logout() { this.trigger('logout'); }
  setActiveFilter() {}
  upgradeToMDProd() {}
  downgradeWebclient() {}
}

class SocketModel extends BaseModel {
  async logout() {
    await link.call('logout').catch(() => {});
    await leave('user_initiated');
  }

  poke() { link.tell('refreshQr'); }
  takeover() { connectAnew(); }
  reconnect() { connectAnew(); }
}
named(SocketModel, 'socket', { state: 'OPENING', stream: 'DISCONNECTED', hasSynced: false, launched: true });

class StreamModel extends BaseModel {
  markAvailable() { this.set('available', true); }
  markUnavailable() { this.set('available', false); }
}
named(StreamModel, 'stream', {
  mode: undefined, info: undefined, displayInfo: undefined, needsUpdate: false, available: false,
  couldForce: false, resumeCount: 0, clientExpired: false,
});

class ConnImpl extends BaseModel {
  updateBatteryLevel() {}
}
named(ConnImpl, 'conn', {
  ref: undefined, refTTL: undefined, connected: false, wid: undefined, pushname: undefined, platform: undefined,
  battery: undefined, plugged: undefined, isSMB: false, blockStoreAdds: false, smbTos: 0, tos: 0, is24h: true,
  lc: 'BR', lg: 'pt', locales: 'pt-BR',
});

class NetworkStatusModel extends BaseModel {
  checkOnline() { this.set('online', navigator.onLine); }
}
named(NetworkStatusModel, 'network-status', { online: true });

const Cmd = new CmdImpl();
const Socket = new SocketModel();
const Stream = new StreamModel();
const Conn = new ConnImpl();
const NetworkStatus = new NetworkStatusModel();

function setStream(mode, info) {
  Stream.set({ info, displayInfo: info, mode });
}

let connectedBefore = false;
let suspended = false;

function connect() {
  const { noise, identity, adv } = login.keys;
  const hello = { noise: toBase64(noise), identity: toBase64(identity), adv, reconnected: connectedBefore };
  connectedBefore = true;
  link.open(() => link.tell('hello', { ...hello, token: login.token }), disconnected);
}

function disconnected() {
  if (suspended) return;
  Socket.set({ stream: 'DISCONNECTED', state: login.me ? 'TIMEOUT' : 'OPENING' });
  if (login.me) setStream('OFFLINE', 'OFFLINE');
  setTimeout(connect, RECONNECT_MS);
}

function connectAnew() {
  if (!suspended) return link.close(); // disconnected() goes on from there
  suspended = false;
  Socket.set('state', 'OPENING');
  return connect();
}

define('WAWebCmd', () => ({ Cmd, CmdImpl }));
define('WAWebSocketModel', () => ({ Socket }));
define('WAWebStreamModel', () => ({ Stream }));
define('WAWebConnModel', () => ({ Conn }));
define('WAWebNetworkStatus', () => ({ default: NetworkStatus }));
define('WAWebBackendEventBus', () => ({
  BackendEvent: { SET_SOCKET_STATE: 'set_socket_state' },
  BackendEventBus: new EventEmitter(),
}));
