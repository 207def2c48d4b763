// Messages on their way out. One that the server has not acknowledged is sent again, under its id, on every connection.

const waiting = new Map();
const onTheWay = new Set();

// Ends with the server's answer, however many connections that takes.
function send(message) {
  return new Promise((resolve) => {
    waiting.set(String(message.id), resolve);
    storeMessage(message);
    if (Chats.get(message.id.remote)) storeChat(Chats.get(message.id.remote));
    transmit(message);
  });
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
  if (answer.error) message.set('ack', ACK.FAILED);
  else message.updateAck(ACK.SENT);
  storeMessage(message);
  forgetUpload(message);
  const messageSendResult = answer.error ? 'ERROR_UNKNOWN' : 'OK';
  (waiting.get(id) || (() => {}))({ messageSendResult, t: answer.t, count: null, errorCode: answer.errorCode });
  waiting.delete(id);
}

async function sendAgain() {
  for (const row of await database.allBy('message', 'pending')) {
    if (!onTheWay.has(row.id)) transmit(Msgs.get(row.id) || addMessage(fromRow(row)));
  }
}

define('WAWebSendMsgChatAction', () => ({
  addAndSendMsgToChat: (chat, raw) => {
    const message = addMessage(raw);
    return [Promise.resolve(message), send(message)];
  },
}));
