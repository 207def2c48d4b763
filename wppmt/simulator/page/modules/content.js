// What a message holds beside its frame: the attributes of its kind, on the wire and in the database as plain JSON.

const FRAME = new Set([
  'id',
  'from',
  'to',
  'author',
  'ack',
  't',
  'order',
  'rowId',
  'self',
  'local',
  'isNewMsg',
  'type',
  'body',
  'caption',
  'notifyName',
  'quotedStanzaID',
  'quotedMsg',
  'quotedParticipant',
  'quotedRemoteJid',
  'mentionedJidList',
  'filename',
  'mimetype',
  'size',
  'filehash',
  'mediaData',
  'labels',
  'star',
  'hasReaction',
  'preview',
  'mediaBlob',
  'mediaStage',
  'renderableUrl',
  'editMsgType',
  'latestEditMsgKey',
  'latestEditSenderTimestampMs',
  'protocolMessageKey',
  'target',
  'isSendFailure',
  'errorCode',
  'ackErrorCode',
  'senderObj',
  'directPath',
  'kicState',
  'keepType',
  'multicast',
  'viewed',
]);

function contentOf(message) {
  const attributes = message.attributes || message;
  const entries = Object.entries(attributes).map(([name, value]) => [name, FRAME.has(name) ? undefined : plain(value)]);
  const content = Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
  return Object.keys(content).length ? content : undefined;
}

// Bytes as {$bytes: base64}, ids as text; models and functions are not content.
function plain(value) {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { $bytes: toBase64(value.buffer || value) };
  if (value instanceof Wid || value instanceof MsgKey) return String(value);
  if (value instanceof EventEmitter || typeof value === 'function') return undefined;
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  }
  return value;
}

function revived(value) {
  if (Array.isArray(value)) return value.map(revived);
  if (!value || typeof value !== 'object') return value;
  if ('$bytes' in value) return Uint8Array.from(atob(value.$bytes), (letter) => letter.charCodeAt(0));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, revived(one)]));
}
