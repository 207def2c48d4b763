// Messages passed on: the same content under a new id, marked as forwarded.

async function forwardMessage(chat, message, includeCaption) {
  const content = revived(contentOf(message) || {});
  const id = new MsgKey({
    fromMe: true,
    remote: chat.id,
    id: await MsgKey.newId(),
    participant: chat.id.isGroup() ? myLid() : undefined,
  });
  const raw = {
    ...content,
    id,
    from: myNumber(),
    to: chat.id,
    t: unixTime(),
    type: message.type,
    body: message.isMedia ? undefined : message.body,
    caption: includeCaption === false ? undefined : message.caption,
    filename: message.filename,
    mimetype: message.mimetype,
    size: message.size,
    filehash: message.filehash,
    isForwarded: true,
    forwardingScore: (message.forwardingScore || 0) + 1,
    isNewMsg: true,
    local: true,
    ack: ACK.CLOCK,
  };
  if (message.isMedia) {
    await downloadInto(message.mediaData);
    raw.mediaData = message.mediaData;
  }
  return send(addMessage(raw));
}

async function forwardAll(chats, messages, includeCaption) {
  const refused = messages.find((message) => !canForwardMsg(message));
  if (refused) throw new Error(`message can not be forwarded: ${refused.type}`);
  const results = [];
  for (const chat of chats) {
    for (const message of messages) results.push(await forwardMessage(chat, message, includeCaption));
  }
  return results;
}

define('WAWebChatForwardMessage', () => ({
  forwardMessages: ({ chat, msgs, includeCaption }) => forwardAll([chat], msgs, includeCaption),
}));
define('WAWebForwardMessagesToChat', () => ({
  forwardMessagesToChats: async (messages, chats, includeCaption) => {
    await forwardAll(chats, messages, includeCaption);
    return true;
  },
}));
