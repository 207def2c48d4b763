// How WhatsApp's parts tell each other what happens: the backend's event bus, the frontend's Cmd, and their bridge.

const BackendEvent = {
  APP_STATE_SYNC_COMPLETED: 'app_state_sync_completed',
  LOGOUT: 'logout',
  REFRESH_QR: 'refresh_qr',
  STARTING_LOGOUT: 'starting_logout',
  ON_INITIAL_CHAT_SYNCED: 'on_initial_chat_synced',
  ON_CRITICAL_SYNC_DONE: 'on_critical_sync_done',
  STORAGE_INITIALIZATION_ERROR: 'storage_initialization_error',
  SOCKET_STREAM_DISCONNECTED: 'socket_stream_disconnected',
  OPEN_SOCKET_STREAM: 'open_socket_stream',
  RECONNECT_SOCKET: 'reconnect_socket',
  SET_SOCKET_STATE: 'set_socket_state',
  ACCOUNT_TEMPORARILY_BANNED: 'account_temporarily_banned',
  INITIAL_LOAD_READY: 'initial_load_ready',
  MAIN_STREAM_MODE_READY: 'main_stream_mode_ready',
  SERVICE_UNAVAILABLE_503: 'service_unavailable_503',
  OFFLINE_DELIVERY_END: 'offline_delivery_end',
  OFFLINE_DELIVERY_STATE_RESET: 'offline_delivery_state_reset',
};

class BackendEventBusImpl extends EventEmitter {
  constructor() {
    super();
    this.socketState = 'UNLAUNCHED';
    this.isOfflineDeliveryEnd = false;
    this.isMainStreamReadyMd = false;
  }

  onSetSocketState(listener) { return this.on(BackendEvent.SET_SOCKET_STATE, listener); }
  onRefreshQR(listener) { return this.on(BackendEvent.REFRESH_QR, listener); }
  onReconnectSocket(listener) { return this.on(BackendEvent.RECONNECT_SOCKET, listener); }
  onSocketStreamDisconnected(listener) { return this.on(BackendEvent.SOCKET_STREAM_DISCONNECTED, listener); }
  onOpenSocketStream(listener) { return this.on(BackendEvent.OPEN_SOCKET_STREAM, listener); }
  onCriticalSyncDone(listener) { return this.on(BackendEvent.ON_CRITICAL_SYNC_DONE, listener); }
  onMainStreamModeReady(listener) { return this.on(BackendEvent.MAIN_STREAM_MODE_READY, listener); }
  onOfflineDeliveryEnd(listener) { return this.on(BackendEvent.OFFLINE_DELIVERY_END, listener); }
  onLogout(listener) { return this.on(BackendEvent.LOGOUT, listener); }

  triggerSetSocketState(state) {
    this.socketState = state;
    this.trigger(BackendEvent.SET_SOCKET_STATE, state);
  }

  triggerRefreshQR() { this.trigger(BackendEvent.REFRESH_QR); }
  triggerReconnectSocket() { this.trigger(BackendEvent.RECONNECT_SOCKET); }

  triggerSocketStreamDisconnected() { this.both(BackendEvent.SOCKET_STREAM_DISCONNECTED); }
  triggerOpenSocketStream() { this.both(BackendEvent.OPEN_SOCKET_STREAM); }
  triggerCriticalSyncDone() { this.both(BackendEvent.ON_CRITICAL_SYNC_DONE); }

  triggerMainStreamModeReady() {
    this.isMainStreamReadyMd = true;
    this.both(BackendEvent.MAIN_STREAM_MODE_READY);
  }

  // Of a page that comes back: what it missed is about to be delivered. A loss of the socket alone changes nothing.
  triggerOfflineDeliveryStateReset() { this.deliveredOffline(false, BackendEvent.OFFLINE_DELIVERY_STATE_RESET); }
  triggerOfflineDeliveryEnd() { this.deliveredOffline(true, BackendEvent.OFFLINE_DELIVERY_END); }

  deliveredOffline(isEnd, event) {
    this.isOfflineDeliveryEnd = isEnd;
    this.trigger(event);
    Cmd.isOfflineDeliveryEnd = isEnd;
    overBridge(event);
  }

  triggerTemporaryBan(ban) { this.both(BackendEvent.ACCOUNT_TEMPORARILY_BANNED, ban); }
  triggerLogout() { this.both(BackendEvent.LOGOUT); }

  // The frontend alone is told of these.
  triggerStartingLogout() { overBridge(BackendEvent.STARTING_LOGOUT); }
  triggerInitialLoadReady() { overBridge(BackendEvent.INITIAL_LOAD_READY); }

  both(event, ...data) {
    this.trigger(event, ...data);
    overBridge(event, ...data);
  }
}

function overBridge(event, ...data) {
  Cmd.trigger(`${event}_from_bridge`, ...data);
}

// Nothing triggers `logout` or `main_loaded` on it, and it has no refreshQR: that is in WAWebLaunchSocketUtils.
class CmdImpl extends EventEmitter {
  isOfflineDeliveryEnd = false;
  setActiveFilter() {}
  reachoutTimelockStateChange() { this.trigger('reachout_timelock_state_change'); }
  newChatMessageCappingStateChange() { this.trigger('new_chat_message_capping_state_change'); }
}

const BackendEventBus = new BackendEventBusImpl();
const Cmd = new CmdImpl();

define('WAWebCmd', () => ({ Cmd, CmdImpl }));
define('WAWebBackendEventBus', () => ({ BackendEvent, BackendEventBus }));
define('WAWebBackendEventBusTypes', () => ({ BackendEvent }));
