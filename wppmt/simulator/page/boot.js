// The page's life: read the login, publish the modules, connect, and go where the server leads.

const PAIRING_SYNC_MS = 50;

link.on('qr', ({ ref, text, matrix, livesMs }) => {
  showQr(text, matrix);
  Socket.set('state', 'UNPAIRED');
  Conn.set({ refTTL: livesMs, ref });
  setStream('QR', 'PAIRING');
});

link.on('paired', async (profile) => {
  Socket.set('state', 'PAIRING');
  await storeLogin(profile);
  await link.call('linked');
  Conn.set('ref', undefined);
  Socket.set('state', 'OPENING');
  setStream('SYNCING', 'SYNCING');
  learnProfile(profile);
  await sleep(PAIRING_SYNC_MS);
  enterMain();
});

link.on('resumed', async (profile) => {
  learnProfile(profile);
  enterMain();
  await sendAgain();
});

link.on('profile', learnProfile);

link.on('phone', ({ online }) => {
  Conn.set('connected', online);
  Stream.set('displayInfo', online ? 'NORMAL' : 'OFFLINE');
});

link.on('logout', ({ reason }) => leave(reason));
link.on('reset', () => leave('unknown_companion'));

function learnProfile({ me, pushname, isBusiness, phoneOnline, contacts, groups, blocked, appState }) {
  contacts.forEach(learnContact);
  Contacts.checksum = String(contacts.length);
  learnGroups(groups);
  learnBlocked(blocked);
  login.pushname = pushname;
  const platform = isBusiness ? 'smba' : 'android';
  Conn.set({ wid: new Wid(me), pushname, platform, isSMB: isBusiness, battery: 87, plugged: true });
  Conn.set('connected', phoneOnline);
  learnAppState(appState);
}

function enterMain() {
  Socket.set('state', 'CONNECTED');
  Socket.set({ stream: 'CONNECTED', hasSynced: true });
  if (!Cmd.isMainLoaded) {
    showChats();
    Cmd.isMainLoaded = true;
    Cmd.trigger('main_loaded');
  }
  setStream('MAIN', 'NORMAL');
  if (!Conn.connected) Stream.set('displayInfo', 'OFFLINE');
}

(async () => {
  await readLogin();
  publishModules(await ordersForTable());
  await restoreChats();
  await restoreMessages();
  await restoreAddons();
  connect();
})();
