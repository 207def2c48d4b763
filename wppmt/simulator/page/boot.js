// The page's life: read the login, publish the modules, connect, and go where the server leads.

const CONTACTS_KEY = 'contacts';

link.on('resumed', async (profile) => {
  learnProfile(profile);
  enter();
  if (Socket.hasSynced) BackendEventBus.triggerOfflineDeliveryStateReset();
  if (!Socket.hasSynced) {
    await sleep(options.syncMs); // the time in which clients begin to listen, whatsapp-web.js to hasSynced
    BackendEventBus.triggerMainStreamModeReady();
    showChats();
  }
  await sendAgain();
});

// Everything missed has been delivered.
link.on('caughtUp', () => BackendEventBus.triggerOfflineDeliveryEnd());

link.on('profile', learnProfile);

function enter() {
  BackendEventBus.triggerSetSocketState('CONNECTED');
  BackendEventBus.triggerOpenSocketStream();
}

function learnProfile({ me, pushname, isBusiness, contacts, groups, blocked, appState }) {
  contacts.forEach(learnContact);
  userPrefsIdb.set(CONTACTS_KEY, contacts);
  Contacts.checksum = String(contacts.length);
  learnGroups(groups);
  learnBlocked(blocked);
  login.pushname = pushname;
  const platform = isBusiness ? 'smba' : 'android';
  Conn.set({ wid: new Wid(me), pushname, platform, isSMB: isBusiness, battery: 87, plugged: true });
  learnAppState(appState);
}

(async () => {
  readLogin();
  deriveStream();
  showLanding();
  const restored = userPrefsIdb.restore();
  publishModules(await ordersForTable());
  await restored;
  (userPrefsIdb.get(CONTACTS_KEY) || []).forEach(learnContact);
  if (isRegistered()) BackendEventBus.triggerInitialLoadReady();
  await restoreChats();
  await restoreMessages();
  await restoreAddons();
  comms.start();
})();
