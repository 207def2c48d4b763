// Who has got, read and played a message, and when.

class MsgInfoParticipant extends BaseModel {}
named(MsgInfoParticipant, 'msgInfoParticipant');
class MsgInfoParticipantCollection extends BaseCollection {}
MsgInfoParticipantCollection.model = MsgInfoParticipant;
class MsgInfo extends BaseModel {}
named(MsgInfo, 'msgInfo');

class MsgInfoCollectionImpl extends BaseCollection {
  async find(key) {
    this.remove(key);
    return this.add(infoOf(key));
  }
}
MsgInfoCollectionImpl.model = MsgInfo;
const MsgInfos = new MsgInfoCollectionImpl();

const RECEIPT_LISTS = { 2: 'delivery', 3: 'read', 4: 'played' };

// A later receipt tells of the earlier ones as well.
async function noteReceipt(key, reader, ack, t) {
  const id = `receipt|${key}|${reader}`;
  const known = addons.get(id) || { id, type: 'receipt', parent: String(key), reader: String(reader), at: {} };
  for (let level = 2; level <= ack; level += 1) known.at[level] ||= t;
  await keepAddon(known);
}

function receiptsOf(key, level) {
  return addonsOf('receipt', key)
    .filter(({ at }) => at[level])
    .map(({ reader, at }) => ({ id: toWid(reader), t: at[level] }));
}

function expectedReaders(key) {
  const group = Groups.get(key.remote);
  return group ? group.participants.length - 1 : 1;
}

function infoOf(key) {
  const info = { id: key };
  for (const [level, name] of Object.entries(RECEIPT_LISTS)) {
    const list = new MsgInfoParticipantCollection();
    receiptsOf(key, level).forEach((one) => list.add(one));
    info[name] = list;
    info[`${name}Remaining`] = expectedReaders(key) - list.length;
  }
  return info;
}

async function queryMsgInfo(key) {
  const found = Object.fromEntries(
    Object.entries(RECEIPT_LISTS).map(([level, name]) => [name, receiptsOf(key, level)]),
  );
  const remaining = (name) => expectedReaders(key) - found[name].length;
  return {
    ...found,
    deliveryRemaining: remaining('delivery'),
    readRemaining: remaining('read'),
    playedRemaining: remaining('played'),
  };
}

define('WAWebMsgInfoModel', () => ({
  MsgInfo,
  MsgInfoParticipant,
  ParticipantCollection: MsgInfoParticipantCollection,
}));
define('WAWebMsgInfoCollection', () => ({ MsgInfoCollection: MsgInfos }));
define('WAWebApiMessageInfoStore', () => ({ queryMsgInfo }));

// ---- played voice notes

function canMarkPlayed(message) {
  return message.type === 'ptt' && !message.id.fromMe;
}

async function markPlayed(message) {
  message.updateAck(ACK.PLAYED);
  await storeMessage(message);
  await link.call('receipt', { id: message.id.id, ack: ACK.PLAYED });
}

define('WAWebMarkPlayedMsgAction', () => ({ canMarkPlayed, markPlayed }));
