// Addons travel as messages and change one that is there: reactions, edits, revocations, votes, pins, kept messages.
// What they leave behind is kept in rows of their own, so that it is there again after a reload.

const addons = new Map();

function addonHandlers() {
  return {
    reaction: receiveReaction,
    edit: receiveEdit,
    revoke: receiveRevoke,
    vote: receiveVote,
    pin: receivePin,
    keep: receiveKeep,
    eventResponse: receiveEventResponse,
  };
}

// An addon that a phone or another device of ours has sent: `sender` is whose it is, `key` the addon's own.
link.on('addon', async (addon) => {
  if (!addon.target) return;
  const key = MsgKey.fromString(addon.id);
  const sender = key.fromMe ? myNumber() : toWid(addon.author || addon.from);
  await addonHandlers()[addon.type]({
    key,
    sender,
    target: MsgKey.fromString(addon.target),
    t: addon.t,
    content: revived(addon.content || {}),
  });
});

// Ends as a send does; what was refused or could not be sent changes nothing.
async function sendAddon(type, target, content, given) {
  const id = given || (await MsgKey.newId());
  const t = unixTime();
  const wire = { id, to: String(target.remote), t, type, target: target.id, content: plain(content || {}) };
  const answer = await link.call('send', wire).catch(() => undefined);
  if (!answer) return { messageSendResult: 'ERROR_NETWORK', t };
  if (answer.error) return { messageSendResult: 'ERROR_UNKNOWN', ackErrorCode: answer.ackErrorCode, t };
  const key = new MsgKey({ fromMe: true, remote: target.remote, id, participant: target.participant && myLid() });
  await addonHandlers()[type]({ key, sender: myNumber(), target, t, content: content || {} });
  return { messageSendResult: 'OK', t: answer.t, count: null };
}

// One row for what one person has said last about one message.
function addonRow(type, { key, sender, target, t }, value) {
  return {
    id: `${type}|${target}|${sender}`,
    type,
    key: String(key),
    parent: String(target),
    sender: String(sender),
    t,
    ...value,
  };
}

async function keepAddon(row) {
  addons.set(row.id, row);
  await database.put('addons', row);
}

async function dropAddon(id) {
  addons.delete(id);
  await database.remove('addons', id);
}

function addonsOf(type, parent) {
  return [...addons.values()].filter((row) => row.type === type && row.parent === String(parent));
}

async function restoreAddons() {
  for (const row of await database.all('addons')) addons.set(row.id, row);
}

// The message itself, also one that is not loaded. wa-js names a group's message with or without its participant.
async function targetOf(key) {
  return (
    Msgs.get(key) ||
    (await loadMessage(key)) ||
    Msgs.findFirst(({ id }) => id.id === key.id && id.fromMe === key.fromMe)
  );
}

async function changeMessage(message, changes) {
  message.set(changes);
  await storeMessage(message);
}
