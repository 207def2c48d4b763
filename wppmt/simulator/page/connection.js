// Socket, Stream, Conn, NetworkStatus: what the state of the connection is read from. Nothing writes Conn.connected.

const UNOBSCURED_AFTER_MS = 18_000;
const UNOBSCURED_AGAIN_AFTER_MS = 3_000;

class SocketModel extends BaseModel {
  logout(reason = 'user_initiated') { return leaveByOwnWish(reason); }
  reconnect() { BackendEventBus.triggerReconnectSocket(); }
  takeover() { throw new Error('Takeover called without conflict!'); }
}
named(SocketModel, 'socket', {
  state: 'UNLAUNCHED', stream: 'DISCONNECTED', hasSynced: undefined, launchGeneration: 0, isIncognito: false,
});

class StreamModel extends BaseModel {
  markAvailable() { this.set('available', true); }
  markUnavailable() { this.set('available', false); }
}
named(StreamModel, 'stream', {
  mode: 'SYNCING', info: 'NORMAL', displayInfo: 'CONNECTING', obscurity: 'HIDE', needsUpdate: undefined,
  available: true, couldForce: true, resumeCount: 0, phoneAuthed: false, isHardRefresh: false,
});

class ConnModel extends BaseModel {
  updateBatteryLevel() {}
}
named(ConnModel, 'conn', {
  ref: undefined, refTTL: undefined, connected: undefined, wid: undefined, pushname: undefined, platform: undefined,
  battery: undefined, plugged: undefined, isSMB: false, blockStoreAdds: true, smbTos: 0, tos: 0, is24h: true,
  lc: 'BR', lg: 'pt', locales: 'pt-BR',
});

class NetworkStatusModel extends BaseModel {
  async checkOnline() { this.set('online', navigator.onLine); }
}
named(NetworkStatusModel, 'network-status', { online: true });

const Socket = new SocketModel();
const Stream = new StreamModel();
const Conn = new ConnModel();
const NetworkStatus = new NetworkStatusModel();

// ---- Stream follows from Socket, from the login and from the network

function streamMode() {
  if (!isRegistered()) return 'QR';
  const { state, stream, hasSynced } = Socket;
  if (['CONFLICT', 'PROXYBLOCK', 'TOS_BLOCK', 'SMB_TOS_BLOCK'].includes(state)) return state;
  if (['UNPAIRED', 'UNPAIRED_IDLE'].includes(state)) return 'QR';
  if (state === 'UNLAUNCHED') return 'SYNCING';
  if (state === 'OPENING' && !NetworkStatus.online && !hasSynced) return 'OFFLINE';
  return hasSynced || stream === 'CONNECTED' ? 'MAIN' : 'SYNCING';
}

function streamInfo() {
  const { state, stream, hasSynced } = Socket;
  if (state === 'OPENING') return NetworkStatus.online ? 'OPENING' : 'OFFLINE';
  if (state === 'PAIRING') return hasSynced ? 'RESUMING' : 'PAIRING';
  if (state === 'CONNECTED' && stream !== 'CONNECTED' && !hasSynced) return 'SYNCING';
  return 'NORMAL';
}

// Trouble shorter than this is not shown.
function displayed() {
  const { info, obscurity } = Stream;
  if (obscurity === 'SHOW') return info;
  if (obscurity === 'HIDE') return Socket.hasSynced ? 'NORMAL' : 'CONNECTING';
  return ['OPENING', 'PAIRING', 'SYNCING', 'RESUMING'].includes(info) ? 'CONNECTING' : info;
}

const unobscure = shiftTimer(() => setStream({ obscurity: 'SHOW' }));

function setStream(changes) {
  Stream.set(changes);
  Stream.set('displayInfo', displayed());
}

function obscurityFor(info) {
  if (info === 'NORMAL' || info === 'OFFLINE') {
    unobscure.cancel();
    return info === 'NORMAL' ? 'HIDE' : 'OBSCURE';
  }
  if (Stream.obscurity !== 'SHOW') {
    unobscure.onOrBefore(Stream.obscurity === 'HIDE' ? UNOBSCURED_AFTER_MS : UNOBSCURED_AGAIN_AFTER_MS);
  }
  return Stream.obscurity;
}

function deriveStream() {
  const info = streamInfo();
  setStream({
    info, obscurity: obscurityFor(info), mode: streamMode(), phoneAuthed: Socket.stream !== 'DISCONNECTED',
  });
}

Socket.on('change:state change:stream change:hasSynced', deriveStream);
NetworkStatus.on('change:online', deriveStream);
for (const name of ['online', 'offline']) window.addEventListener(name, () => NetworkStatus.checkOnline());

// ---- Socket hears the backend

BackendEventBus.onSetSocketState((state) => Socket.set('state', state));
BackendEventBus.onSocketStreamDisconnected(() => {
  Socket.set('stream', 'DISCONNECTED');
  NetworkStatus.checkOnline();
});
BackendEventBus.onOpenSocketStream(() => {
  NetworkStatus.set('online', true);
  NetworkStatus.checkOnline();
  Conn.set('blockStoreAdds', false);
  Conn.trigger('me_ready');
  if (Socket.hasSynced) Socket.set('stream', 'CONNECTED');
});
const synced = () => Socket.set({ hasSynced: true, stream: 'CONNECTED' });
BackendEventBus.onCriticalSyncDone(synced);
BackendEventBus.onMainStreamModeReady(synced);

define('WAWebSocketModel', () => ({ Socket }));
define('WAWebStreamModel', () => ({
  Stream,
  StreamInfo: enumeration('OFFLINE', 'OPENING', 'PAIRING', 'SYNCING', 'RESUMING', 'CONNECTING', 'NORMAL'),
  StreamMode: enumeration(
    'QR', 'MAIN', 'SYNCING', 'OFFLINE', 'CONFLICT', 'PROXYBLOCK', 'TOS_BLOCK', 'SMB_TOS_BLOCK',
  ),
}));
define('WAWebConnModel', () => ({ Conn }));
define('WAWebNetworkStatus', () => ({ default: NetworkStatus }));
