// Messages on their way out. One that was handed to the socket and not acknowledged is sent again, under its id, on
// every connection of this page.

const FAILED_WITHOUT_NETWORK = { messageSendResult: 'ERROR_NETWORK' };
const RATE_LIMITED = 429;
const CAPPED = 475;
const MONTHLY_LIMIT = 'UserReachedMaxMonthlyLimitForNewMessages';

const waiting = new Map();
const onTheWay = new Set();

// Ends with the server's answer, however many connections that takes; without a connection, at once.
function send(message) {
  storeMessage(message);
  if (chatOf(message)) storeChat(chatOf(message));
  if (!comms.isOpen()) return failWithoutNetwork(message);
  return new Promise((resolve) => {
    waiting.set(String(message.id), resolve);
    transmit(message);
  });
}

function chatOf(message) {
  return Chats.get(addressOf(message.id.remote));
}

async function failWithoutNetwork(message) {
  message.set('isSendFailure', true);
  await storeMessage(message);
  return FAILED_WITHOUT_NETWORK;
}

// As often as it is called: whoever sends an id twice has it arrive twice.
async function transmit(message) {
  const id = String(message.id);
  onTheWay.add(id);
  try {
    const media = message.isMedia ? await uploadedMedia(message) : undefined;
    settle(message, await link.call('send', wireOf(message, media)));
  } catch (error) {
    // The connection is gone: the message stays at ack 0 and goes with the next one.
  } finally {
    onTheWay.delete(id);
  }
}

function wireOf(message, media) {
  return {
    id: message.id.id,
    to: String(message.id.remote),
    t: message.t,
    type: message.type,
    body: message.isMedia ? undefined : message.body,
    caption: message.caption,
    quoted: message.quotedStanzaID,
    mentions: (message.mentionedJidList || []).map(String),
    content: contentOf(message),
    media,
  };
}

function settle(message, answer) {
  const id = String(message.id);
  if (answer.error) message.set(failureOf(answer));
  else {
    if (message.isSendFailure) message.set('isSendFailure', undefined);
    message.updateAck(ACK.SENT);
  }
  if (Msgs.get(message.id)) storeMessage(message); // it may have been deleted meanwhile
  forgetUpload(message);
  (waiting.get(id) || (() => {}))(resultOf(answer));
  waiting.delete(id);
}

function failureOf({ ackErrorCode }) {
  return { isSendFailure: true, ack: ACK.FAILED, ...(ackErrorCode === CAPPED && { errorCode: MONTHLY_LIMIT }) };
}

function resultOf({ error, ackErrorCode, t }) {
  if (!error) return { messageSendResult: 'OK', t, count: null };
  return { messageSendResult: ackErrorCode === RATE_LIMITED ? 'ERROR_RATE_LIMIT' : 'ERROR_UNKNOWN', ackErrorCode };
}

async function sendAgain() {
  for (const row of await database.allBy('message', 'pending')) {
    if (!onTheWay.has(row.id)) transmit(Msgs.get(row.id) || addMessage(fromRow(row)));
  }
}

// One that failed, by its own id.
async function resendMsgToChat(message) {
  message.set({ isSendFailure: undefined, ack: ACK.CLOCK });
  return send(message);
}

define('WAWebSendMsgChatAction', () => ({
  addAndSendMsgToChat: (chat, raw) => {
    const message = addMessage(raw);
    return [Promise.resolve(message), send(message)];
  },
  resendMsgToChat,
}));
