// What is done to a message that is there: edited, revoked, deleted, starred, and what is allowed of it.

const EDIT_WINDOW_SECONDS = 20 * 60;
const REVOKE_WINDOW_SECONDS = 2.5 * 86400;

function ageOf(message) {
  return unixTime() - message.t;
}

function isMineAndSent(message) {
  return message.id.fromMe && message.ack >= ACK.SENT && message.type !== 'revoked';
}

function mayEdit(message) {
  return isMineAndSent(message) && !message.isForwarded && ageOf(message) <= EDIT_WINDOW_SECONDS;
}

const canEditText = (message) => message.type === 'chat' && mayEdit(message);
const canEditCaption = (message) => ['image', 'video', 'document'].includes(message.type) && mayEdit(message);

function canSenderRevokeMsg(message) {
  return (
    message.id.fromMe &&
    message.ack >= ACK.CLOCK &&
    message.type !== 'revoked' &&
    ageOf(message) <= REVOKE_WINDOW_SECONDS
  );
}

function canAdminRevokeMsg(message) {
  const group = Groups.get(message.id.remote);
  return !!group && !message.id.fromMe && group.participants.iAmAdmin() && ageOf(message) <= REVOKE_WINDOW_SECONDS;
}

function canStarMsg(message) {
  return !message.isNotification && !message.isViewOnce && message.type !== 'revoked' && message.ack >= ACK.CLOCK;
}

function canForwardMsg(message) {
  return (
    !message.isNotification &&
    !message.isViewOnce &&
    !['revoked', 'poll_creation', 'event_creation'].includes(message.type)
  );
}

// ---- edits

function textOf(message, text) {
  return MEDIA_TYPES.includes(message.type) ? { caption: text } : { body: text };
}

async function receiveEdit({ key, target, t, content }) {
  const message = await targetOf(target);
  if (!message) return;
  const text = content.attributes || textOf(message, content.body);
  const changes = { ...text, latestEditSenderTimestampMs: t * 1000 };
  await changeMessage(message, changes);
  message.set('latestEditMsgKey', key); // last: whoever hears of it finds the new text
  await storeMessage(message);
}

// Its raw message may hold mentions and more; they belong to the new text.
async function addAndSendMessageEdit(message, raw) {
  const result = await sendAddon('edit', message.id, { body: raw.body || raw.caption || '' }, raw.id && raw.id.id);
  if (result.messageSendResult === 'OK')
    message.set('mentionedJidList', raw.mentionedJidList || message.mentionedJidList);
  return result;
}

async function sendMessageEdit(message, text, given) {
  if (!canEditText(message) && !canEditCaption(message)) throw new Error('message can not be edited');
  return addAndSendMessageEdit(message, { ...given, body: text });
}

// ---- revocations

// wa-js hears of it as of a protocol message that comes in.
async function receiveRevoke({ key, sender, target, t }) {
  const message = await targetOf(target);
  if (!message) return;
  const subtype = key.fromMe === message.id.fromMe ? 'sender_revoke' : 'admin_revoke';
  const protocol = {
    id: key,
    type: 'protocol',
    subtype,
    protocolMessageKey: message.id,
    from: message.from,
    to: message.to,
    author: message.author && sender,
    t,
    isNewMsg: true,
  };
  await Msgs.processMultipleMessages(message.id.remote, [protocol]);
}

async function applyRevoke({ protocolMessageKey, subtype, author, t }) {
  const message = await targetOf(protocolMessageKey);
  await changeMessage(message, {
    type: 'revoked',
    subtype,
    body: undefined,
    caption: undefined,
    mediaData: undefined,
    filehash: undefined,
    directPath: undefined,
    revokeSender: author || message.from,
    revokeTimestamp: t,
    protocolMessageKey: message.id,
  });
}

async function sendRevokeMsgs(chat, { list }) {
  const results = [];
  for (const message of list) {
    if (!canSenderRevokeMsg(message) && !canAdminRevokeMsg(message)) throw new Error('message can not be revoked');
    results.push(await sendAddon('revoke', message.id));
  }
  return results;
}

// ---- deleted for oneself, starred

async function sendDeleteMsgs(chat, { list }) {
  for (const message of list) await forgetMessage(message);
}

async function forgetMessage(message) {
  const chat = Chats.get(message.id.remote);
  if (chat) chat.msgs.remove(message.id);
  Msgs.remove(message.id);
  await database.remove('message', String(message.id));
}

async function setStar(chat, messages, star) {
  const done = Promise.all(messages.map(({ id }) => putAppState('star', String(id), star ? true : undefined)));
  chat.promises.sendStarMsgs = done;
  await done;
}

function applyStar(key, starred) {
  const message = Msgs.get(key);
  if (message) message.set('star', !!starred);
}

function isStarred(id) {
  return !!appStateOf('star', String(id));
}

define('WAWebMsgActionCapability', () => ({
  canAdminRevokeMsg,
  canDeleteMsg: () => true,
  canEditCaption,
  canEditText,
  canForwardMsg,
  canSenderRevokeMsg,
  canStarMsg,
  canPinMsg: (message) =>
    !message.isNotification && !message.isViewOnce && message.type !== 'revoked' && message.ack >= ACK.SENT,
}));
define('WAWebSendMessageEditAction', () => ({ addAndSendMessageEdit, sendMessageEdit }));
define('WAWebChatSendMessages', () => ({
  sendDeleteMsgs: ({ chat_, record }) => sendDeleteMsgs(chat_, record),
  sendRevokeMsgs,
  sendStarMsgs: (chat, messages) => setStar(chat, messages, true),
  sendGroupInviteMessage,
}));
