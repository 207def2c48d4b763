// Reactions to messages.

const REVOKED_REACTION_TEXT = '';

class ReactionsSenders extends BaseModel {}
named(ReactionsSenders, 'reactionsSenders');
class ReactionsSendersCollection extends BaseCollection {}
ReactionsSendersCollection.model = ReactionsSenders;

class AggReactions extends BaseModel {}
named(AggReactions, 'aggReactions');
class AggReactionsCollection extends BaseCollection {}
AggReactionsCollection.model = AggReactions;

class Reactions extends BaseModel {}
named(Reactions, 'reactions');

class ReactionsCollectionImpl extends BaseCollection {
  async find(id) {
    return reactionsModel(MsgKey.from(id));
  }
}
ReactionsCollectionImpl.model = Reactions;
const ReactionsStore = new ReactionsCollectionImpl();

function reactionRowsOf(parent) {
  return addonsOf('reaction', parent).map((row) => ({
    msgKey: row.key,
    parentMsgKey: row.parent,
    senderUserJid: row.sender,
    reactionText: row.emoji,
    timestamp: row.t * 1000,
    orphan: 0,
    read: true,
    ack: ACK.SENT,
  }));
}

async function getReactions(parent) {
  const byEmoji = new Map();
  for (const row of reactionRowsOf(parent))
    byEmoji.set(row.reactionText, [...(byEmoji.get(row.reactionText) || []), row]);
  const isMine = ({ senderUserJid }) => senderUserJid === login.me;
  return {
    reactionByMe: reactionRowsOf(parent).find(isMine) || null,
    reactions: [...byEmoji].map(([aggregateEmoji, senders]) => ({
      aggregateEmoji,
      senders,
      hasReactionByMe: senders.some(isMine),
    })),
  };
}

// Of one message; made anew at each look, as the rows are the truth.
async function reactionsModel(parent) {
  const aggregated = new AggReactionsCollection();
  const found = await getReactions(parent);
  for (const { aggregateEmoji, senders, hasReactionByMe } of found.reactions) {
    const collection = new ReactionsSendersCollection();
    for (const row of senders)
      collection.add({ ...row, id: row.msgKey, msgKey: MsgKey.fromString(row.msgKey), parentMsgKey: parent });
    aggregated.add({ id: aggregateEmoji, aggregateEmoji, hasReactionByMe, senders: collection });
  }
  ReactionsStore.remove(parent);
  return ReactionsStore.add({ id: parent, reactions: aggregated, reactionByMe: found.reactionByMe });
}

async function receiveReaction(addon) {
  const row = addonRow('reaction', addon, { emoji: addon.content.emoji });
  if (row.emoji === REVOKED_REACTION_TEXT) await dropAddon(row.id);
  else await keepAddon(row);
  const message = await targetOf(addon.target);
  if (message) await changeMessage(message, { hasReaction: reactionRowsOf(addon.target).length > 0 });
  const told = {
    msgKey: row.key,
    parentMsgKey: row.parent,
    senderUserJid: row.sender,
    reactionText: row.emoji,
    timestamp: row.t * 1000,
    t: row.t,
    orphan: 0,
    read: false,
    ack: ACK.SENT,
  };
  // Through the module's exports, where wa-js has put its wrapper.
  await importNamespace('WAWebReactionsMsgAction').addOrUpdateReactionsModelCollection(told, { allowNotify: true });
}

async function addOrUpdateReactionsModelCollection({ parentMsgKey }) {
  await reactionsModel(MsgKey.fromString(parentMsgKey));
}

async function sendReactionToMsg(message, reaction) {
  return sendAddon('reaction', message.id, { emoji: reaction || REVOKED_REACTION_TEXT });
}

define('WAWebReactionsModels', () => ({
  AggReactions,
  AggReactionsCollection,
  Reactions,
  ReactionsSenders,
  ReactionsSendersCollection,
}));
define('WAWebReactionsCollection', () => ({ ReactionsCollection: ReactionsStore }));
define('WAWebReactionsMsgAction', () => ({ addOrUpdateReactionsModelCollection }));
define('WAWebSendReactionMsgAction', () => ({ sendReactionToMsg }));
define('WAWebDBGetReactions', () => ({ REVOKED_REACTION_TEXT, getReactions: async (parent) => getReactions(parent) }));
