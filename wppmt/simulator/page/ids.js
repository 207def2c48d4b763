// Wid (who or which chat) and MsgKey (which message).

const SERVERS = 'c\\.us|g\\.us|lid|broadcast|newsletter|bot|call|s\\.whatsapp\\.net|hosted';
const VALID_WID = new RegExp(`^[^@]+@(${SERVERS})$`);

class Wid {
  constructor(text) {
    const [, user, device, server] = /^([^@:]*)(?::(\d+))?(?:@(.*))?$/.exec(String(text)) || [];
    this.user = user;
    this.server = !server || server === 's.whatsapp.net' ? 'c.us' : server;
    if (device) this.device = Number(device);
    this._serialized = `${user}${device ? `:${device}` : ''}@${this.server}`;
  }

  toString() { return this._serialized; }
  toJid() { return this._serialized.replace('@c.us', '@s.whatsapp.net'); }
  toLogString() { return this._serialized; }
  getSignalAddress() { return this._serialized; }
  equals(other) { return !!other && this._serialized === String(other); }
  isUser() { return ['c.us', 'lid', 'bot'].includes(this.server); }
  isRegularUser() { return this.isRegularUserPn() || this.isLid(); }
  isRegularUserPn() { return this.server === 'c.us'; }
  isLid() { return this.server === 'lid'; }
  isBot() { return this.server === 'bot'; }
  isGroup() { return this.server === 'g.us'; }
  isGroupCall() { return this.server === 'call'; }
  isStatus() { return this._serialized === 'status@broadcast'; }
  isStatusV3() { return this.isStatus(); }
  isBroadcast() { return this.server === 'broadcast' && !this.isStatus(); }
  isNewsletter() { return this.server === 'newsletter'; }
  isPSA() { return this._serialized === '0@c.us'; }
  isCompanion() { return !!this.device; }
  isIAS() { return false; }
  isServer() { return false; }
  isHosted() { return false; }
  isCAPISupportAccount() { return false; }
  isSupportAccount() { return false; }
  asUserWidOrThrow() { return new Wid(`${this.user}@${this.server}`); }

  static isXWid(server, text) { return String(text).endsWith(`@${server}`); }
  static isWid(text) { return String(text).includes('@'); }
  static canBeWid(text) { return String(text).includes('@'); }
  static isGroup(text) { return Wid.isXWid('g.us', text); }
  static isUser(text) { return Wid.isXWid('c.us', text) || Wid.isLid(text); }
  static isLid(text) { return Wid.isXWid('lid', text); }
  static isStatus(text) { return String(text) === 'status@broadcast'; }
  static isStatusV3(text) { return Wid.isStatus(text); }
  static isBroadcast(text) { return Wid.isXWid('broadcast', text); }
  static isNewsletter(text) { return Wid.isXWid('newsletter', text); }
}

// Anything that names a chat or person as a Wid; nothing stays undefined.
function toWid(value) {
  if (value === undefined || value === null || value instanceof Wid) return value || undefined;
  return new Wid(value._serialized || value);
}

function createWid(text) {
  if (!VALID_WID.test(String(text))) throw new Error('wid error: invalid wid');
  return new Wid(text);
}

// For lids wa-js gives the whole 123@lid as user.
function createUserWid(user, server) {
  return new Wid(String(user).includes('@') ? user : `${user}@${server || 'c.us'}`);
}

function isWidlike(value) {
  return !!value && typeof value === 'object' && typeof value.user === 'string' && typeof value.server === 'string';
}

define('WAWebWid', () => ({ default: Wid }));
define('WAWebWidFactory', () => ({
  createWid,
  createUserWidOrThrow: createUserWid,
  createUserLidOrThrow: (user) => createUserWid(user, 'lid'),
  createWidFromWidLike: (value) => toWid(value._serialized || `${value.user}@${value.server}`),
  isWidlike,
  asUserWidOrThrow: (wid) => wid.asUserWidOrThrow(),
  asUserLidOrThrow: (wid) => wid.asUserWidOrThrow(),
}));
define('WAWebJidToWid', () => ({
  userJidToUserWid: (jid) => new Wid(jid),
}));
define('WAWebWidToJid', () => ({
  widToUserJid: (wid) => wid.toJid(),
  widToChatJid: (wid) => wid.toJid(),
  widToGroupJid: (wid) => wid.toJid(),
}));

class MsgKey {
  constructor(parts) {
    if (!parts) throw new Error('MsgKey error: obj is null/undefined'); // wa-js looks for this text
    this.fromMe = parts.selfDir === undefined ? !!parts.fromMe : parts.selfDir === 'out';
    this.remote = toWid(parts.selfDir === undefined ? parts.remote : this.fromMe ? parts.to : parts.from);
    this.id = parts.id;
    if (parts.participant) this.participant = toWid(parts.participant);
    this.$1 = [this.fromMe, this.remote, this.id, this.participant].filter((one) => one !== undefined).join('_');
  }

  // In a field of no name; wa-js reads that name off this function's text.
  toString() { return this.$1; }
  equals(other) { return !!other && String(other) === String(this); }
  clone() { return new MsgKey(this); }

  static fromString(text) {
    const [fromMe, remote, id, participant] = String(text).split('_');
    return new MsgKey({ fromMe: fromMe === 'true', remote, id, participant });
  }

  static from(value) { return value instanceof MsgKey ? value : MsgKey.fromString(value); }

  static async newId() {
    return '3EB0' + randomHex(9).toUpperCase();
  }
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function randomHex(bytes) {
  return hex(crypto.getRandomValues(new Uint8Array(bytes)));
}

function toBase64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

define('WAWebMsgKey', () => ({ default: MsgKey }));
define('WARandomHex', () => ({ randomHex }));
define('WABase64', () => ({
  encodeB64: toBase64,
  decodeB64: fromBase64,
}));
