// Sends under other names than the one that everything goes through.

async function ownKey(chat) {
  const group = chat.id.isGroup();
  return new MsgKey({
    fromMe: true,
    remote: chat.id,
    id: await MsgKey.newId(),
    participant: group ? myLid() : undefined,
  });
}

async function sendTextMsgToChat(
  chat,
  text,
  { quotedMsg, selectedId, selectedIndex, mentionedJidList, linkPreview } = {},
) {
  const body = String(text || '').trim();
  if (!body) return undefined;
  return send(
    addMessage({
      ...linkPreview,
      ...(quotedMsg && quotedMsg.msgContextInfo(chat.id)),
      id: await ownKey(chat),
      from: myNumber(),
      to: chat.id,
      t: unixTime(),
      type: selectedId === undefined ? 'chat' : 'template_button_reply',
      body,
      selectedId,
      selectedIndex,
      mentionedJidList,
      isNewMsg: true,
      local: true,
      self: 'out',
      ack: ACK.CLOCK,
    }),
  );
}

class TemplateButton extends BaseModel {}
named(TemplateButton, 'templateButton');
class TemplateButtonCollection extends BaseCollection {}
TemplateButtonCollection.model = TemplateButton;

define('WAWebSendTextMsgChatAction', () => ({ sendTextMsgToChat, addAndSendTextMsg: sendTextMsgToChat }));
define('WAWebTemplateButtonModel', () => ({ default: TemplateButton }));
define('WAWebTemplateButtonCollection', () => ({ TemplateButtonCollection }));
define('WAWebMsgDataFromModel', () => ({ msgDataFromMsgModel: (message) => ({ ...message.attributes }) }));
const HISTORY_SYNC_ON_DEMAND = 3;

// The phone is asked for what the page does not have of a chat; none of it is news.
async function sendPeerDataOperationRequest(kind, { chatId }) {
  if (kind !== HISTORY_SYNC_ON_DEMAND) throw new NotSimulated(`peer data operation ${kind}`);
  const { messages } = await answered('history', { chat: String(chatId) });
  for (const message of messages) {
    if (await database.get('message', message.id)) continue;
    await storeMessage(
      addMessage({ ...rawOf(message), order: message.t * 1000000 + (nextOrder() % 1000000), isNewMsg: false }),
    );
  }
}

define('WAWebSendNonMessageDataRequest', () => ({ sendPeerDataOperationRequest }));
