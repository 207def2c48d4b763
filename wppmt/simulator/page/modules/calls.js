// Calls: they ring, are taken, refused and ended; nobody speaks.

const CallState = {
  None: 0,
  Calling: 1,
  PreacceptReceived: 2,
  ReceivedCall: 3,
  AcceptSent: 4,
  AcceptReceived: 5,
  CallActive: 6,
  CallActiveElseWhere: 7,
  ReceivedCallWithoutOffer: 8,
  Rejoining: 9,
  Link: 10,
  ConnectedLonely: 11,
  PreCalling: 12,
  CallStateEnding: 13,
  CallBCallStarting: 14,
};
const STATE_OF_CALL = { ringing: CallState.ReceivedCall, accepted: CallState.CallActive };
const USER_ENDED = 2;

// Neither a model nor a collection of the usual kind: an emitter, and a map that nobody else may touch.
class CallModel extends EventEmitter {
  constructor(properties) {
    super();
    Object.assign(this, properties);
  }

  getState() {
    return this.callState;
  }
  setState(state) {
    this.callState = state;
    this.trigger('change:state');
  }
}

class CallCollectionImpl extends EventEmitter {
  constructor() {
    super();
    this.calls = new Map();
    this.activeCall = null;
  }

  get(id) {
    return this.calls.get(id);
  }
  add(properties) {
    const call = new CallModel(properties);
    this.calls.set(call.id, call);
    return call;
  }

  remove({ id }) {
    this.calls.delete(id);
  }
  getModelsArray() {
    return [...this.calls.values()];
  }
  processIncomingCall(id, offer) {
    return this.get(id) || this.add({ id, ...offer });
  }
  setActiveCall(call) {
    this.activeCall = call;
    this.trigger('change:activeCall', call);
  }
}
const Calls = new CallCollectionImpl();

const offerOf = ({ peer, video, t, outgoing }) => ({
  peerJid: new Wid(peer),
  isVideo: video,
  isGroup: false,
  offerTime: t,
  outgoing,
  canHandleLocally: true,
  participants: [],
  callState: outgoing ? CallState.Calling : CallState.ReceivedCall,
});

link.on('call', (event) => {
  const call = Calls.processIncomingCall(event.id, offerOf(event));
  const state =
    event.outgoing && event.state === 'ringing' ? CallState.Calling : STATE_OF_CALL[event.state] || CallState.None;
  if (call.getState() !== state) call.setState(state);
  if (state === CallState.None) endHere(call);
});

function endHere(call) {
  call.setState(CallState.None);
  Calls.remove(call);
  if (Calls.activeCall === call) Calls.setActiveCall(null);
}

async function moveCall(id, act) {
  await answered('call', { act, id });
  const call = Calls.get(id);
  if (!call) return;
  if (act === 'accept') {
    call.setState(CallState.CallActive);
    Calls.setActiveCall(call);
  } else {
    endHere(call);
  }
}

const ringing = () => Calls.getModelsArray().find((call) => call.getState() === CallState.ReceivedCall);

const voipStack = {
  acceptCall: () => moveCall((Calls.activeCall || ringing()).id, 'accept'),
  rejectCall: () => moveCall((Calls.activeCall || ringing()).id, 'reject'),
  endCall: async (reason = USER_ENDED) => {
    if (Calls.activeCall) await moveCall(Calls.activeCall.id, 'end', reason);
  },
};

async function startCall(wid, video) {
  const { id } = await answered('call', { act: 'offer', to: String(wid), video: !!video });
  const offer = offerOf({ peer: String(addressOf(toWid(wid))), video: !!video, t: unixTime(), outgoing: true });
  Calls.setActiveCall(Calls.add({ id, ...offer }));
}

// ---- stanzas: WhatsApp's own form of what is sent; of them only those about calls are understood

class WapNode {
  constructor(tag, attrs, content) {
    Object.assign(this, { tag, attrs: attrs || {}, content: content || null });
  }
}

const stanza = (tag, attrs, content) => new WapNode(tag, attrs, content);

async function castStanza({ tag, content }) {
  const [act] = tag === 'call' && Array.isArray(content) ? content : [];
  if (!act || !['accept', 'reject', 'terminate'].includes(act.tag)) throw new NotSimulated(`stanza ${tag}`);
  await moveCall(act.attrs['call-id'], act.tag === 'terminate' ? 'end' : act.tag);
}

define('WAWebCallModel', () => ({ default: CallModel }));
define('WAWebCallCollection', () => ({ default: Calls }));
define('WAWebVoipWaCallEnums', () => ({ CallState }));
define('WAWebVoipStackInterface', () => ({ getVoipStackInterface: async () => voipStack }));
define('WAWebVoipStartCall', () => ({ startWAWebVoipCall: startCall }));
define('WAWebVoipBackendLoadable', () => ({
  requireVoipJsBackend: async () => ({ WAWebVoipInit: { initWAWebVoip: async () => {} } }),
}));
define('WAWebVoipGatingUtils', () => ({
  isCallingEnabled: () => true,
  isUnsupportedBrowserForWebCalling: () => false,
  getUnsupportedBrowserReason: () => null,
  isVoipDownloadEnabled: () => true,
  isGroupCallingEnabled: () => false,
}));
define('WAWebManageE2ESessionsJob', () => ({ ensureE2ESessions: async () => {} }));
define('WASmaxJsx', () => ({ smax: stanza }));
define('WAWap', () => ({
  DROP_ATTR: 'DROP_ATTR',
  WapNode,
  generateId: () => randomHex(8).toUpperCase(),
  wap: stanza,
  makeWapNode: stanza,
}));
define('WADeprecatedSendIq', () => ({ deprecatedCastStanza: castStanza }));
