// Status posts: messages to status@broadcast, shown per author.

const STATUS_ID = 'status@broadcast';

class StatusModel extends BaseModel {
  constructor(attributes) {
    super(attributes);
    Object.defineProperty(this, 'msgs', { value: new ChatMsgsCollection() });
  }

  get totalCount() {
    return this.msgs.length;
  }
  get contact() {
    return Contacts.get(this.id);
  }

  async sendReadStatus(message) {
    message.set('viewed', true);
    await link.call('receipt', { id: message.id.id, ack: ACK.READ });
  }
}
named(StatusModel, 'status', { lastReceivedKey: undefined, t: 0, unreadCount: 0 });

class StatusCollectionImpl extends BaseCollection {
  getMyStatus() {
    return this.gadd(myNumber());
  }
  async find(id) {
    return this.gadd(toWid(id));
  }

  addStatusMessages(author, messages) {
    messages.forEach((message) => showPost(this.gadd(isMe(author) ? myNumber() : toWid(author)), message));
  }

  handleUpdate() {}
}
StatusCollectionImpl.model = StatusModel;
const Statuses = new StatusCollectionImpl();

function showPost(status, message) {
  if (status.msgs.get(message.id)) return;
  status.msgs.add(message);
  status.set({ t: message.t, unreadCount: status.unreadCount + (message.id.fromMe ? 0 : 1) });
  status.set('lastReceivedKey', message.id);
}

// Called for every message that enters the page's store.
function notePost(message) {
  if (!message.id.remote.isStatus()) return;
  const author = message.id.fromMe ? myNumber() : message.author;
  Statuses.addStatusMessages(author, [message]);
}

async function postKey() {
  return new MsgKey({ fromMe: true, remote: new Wid(STATUS_ID), id: await MsgKey.newId(), participant: myNumber() });
}

async function rawPost(given) {
  const id = await postKey();
  return {
    id,
    from: myNumber(),
    to: id.remote,
    author: myNumber(),
    t: unixTime(),
    ack: ACK.CLOCK,
    isNewMsg: true,
    local: true,
    self: 'out',
    ...given,
  };
}

async function sendStatusTextMsgAction({ text, color, font }) {
  return send(addMessage(await rawPost({ type: 'chat', body: text, backgroundColor: color, font })));
}

async function sendStatusRevokeMsgAction(status, message) {
  const result = await sendAddon('revoke', message.id);
  if (result.messageSendResult !== 'OK') throw new Error('status was not revoked');
  status.msgs.remove(message.id);
  return result;
}

// Who gets one's posts.
async function updateParticipants({ group, participants }) {
  if (!toWid(group).isStatus()) throw new NotSimulated('WAWebGroupsParticipantsApi.updateParticipants of a group');
  await putAppState(
    'statusParticipants',
    'list',
    participants.map(({ id }) => String(id)),
  );
}

define('WAWebStatusModel', () => ({ default: StatusModel }));
define('WAWebStatusCollection', () => ({ StatusCollection: Statuses }));
define('WAWebSendStatusMsgAction', () => ({ sendStatusTextMsgAction }));
define('WAWebRevokeStatusAction', () => ({ sendStatusRevokeMsgAction }));
define('WAWebGroupsParticipantsApi', () => ({
  updateParticipants,
  getParticipants: async (id) => Groups.assertGet(id).participants.toArray(),
}));
