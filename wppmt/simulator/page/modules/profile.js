// What others see of an account or a group: name, recado, picture; and a business account's profile.

// ---- recados

class TextStatus extends BaseModel {}
named(TextStatus, 'textStatus');
TextStatus.prototype.__props = ['id', 'status']; // by which wa-js knows this model

class TextStatusCollectionImpl extends BaseCollection {
  async find(id) {
    const status = await aboutOf(toWid(id));
    return this.add({ id: toWid(id), status }, { merge: true });
  }
}
TextStatusCollectionImpl.model = TextStatus;
const TextStatuses = new TextStatusCollectionImpl();

async function aboutOf(wid) {
  return (await answered('about', { wid: String(wid) })).about;
}

async function setAbout(about) {
  await answered('setProfile', { about });
}

async function setPushname(pushname) {
  await answered('setProfile', { pushname });
  login.pushname = pushname;
  Conn.set('pushname', pushname);
}

ConnModel.prototype.canSetMyPushname = () => true;

// ---- pictures

class ProfilePicThumb extends BaseModel {
  canSet() {
    return mayChangePicture(this.id);
  }
  canDelete() {
    return mayChangePicture(this.id) && !!this.img;
  }
}
named(ProfilePicThumb, 'profilePicThumb', { img: undefined, imgFull: undefined, eurl: undefined });

class ProfilePicThumbCollectionImpl extends BaseCollection {
  async find(id) {
    const { sha256 } = await answered('picture', { wid: String(id) });
    return showPicture(toWid(id), sha256);
  }
}
ProfilePicThumbCollectionImpl.model = ProfilePicThumb;
const Pictures = new ProfilePicThumbCollectionImpl();

function mayChangePicture(id) {
  const group = Groups.get(id);
  return group ? group.canSetSubject() : isMe(toWid(id));
}

const isMe = (wid) => [login.me, login.lid].includes(String(wid));

function pictureUrls(sha256) {
  const url = sha256 ? `${location.origin}/media/${sha256}` : undefined;
  return { img: url, imgFull: url, eurl: url, tag: sha256 || undefined };
}

function showPicture(id, sha256) {
  const thumb = Pictures.gadd(id);
  return thumb.set(pictureUrls(sha256));
}

async function sendSetPicture(wid, thumb, picture) {
  const blob = await (await fetch(picture)).blob();
  const { sha256 } = await (await fetch('/media', { method: 'POST', body: blob })).json();
  await answered('setPicture', { wid: String(wid), sha256 });
  showPicture(wid, sha256);
  return { status: 200, eurl: pictureUrls(sha256).eurl, tag: sha256, token: '', _duplicate: false };
}

async function requestDeletePicture(wid) {
  await answered('setPicture', { wid: String(wid), sha256: null });
  showPicture(wid, null);
  return { status: 200 };
}

// Of a chat or of an id; WhatsApp refuses with 404 where there is no picture.
async function requestProfilePicFromServer(of) {
  const id = toWid(of.id || of);
  const { sha256 } = await answered('picture', { wid: String(id) });
  if (!sha256) throw new ServerStatusCodeError(404, 'item-not-found');
  showPicture(id, sha256);
  return { ...pictureUrls(sha256), id };
}

define('WAWebTextStatusModel', () => ({ default: TextStatus }));
define('WAWebTextStatusCollection', () => ({ TextStatusCollection: TextStatuses }));
define('WAWebContactStatusBridge', () => ({
  getStatus: async ({ wid }) => ({ status: await aboutOf(wid) }),
  setMyStatus: setAbout,
}));
define('WAWebSetPushnameConnAction', () => ({ setPushname }));
define('WAWebProfilePicThumbModel', () => ({ ProfilePicThumb }));
define('WAWebProfilePicThumbCollection', () => ({ ProfilePicThumbCollection: Pictures }));
define('WAWebContactProfilePicThumbBridge', () => ({
  sendSetPicture,
  requestDeletePicture,
  requestProfilePicFromServer,
}));

// ---- business profiles

class BusinessProfile extends BaseModel {}
named(BusinessProfile, 'businessProfile');
class BusinessProfileCollectionImpl extends BaseCollection {
  async find(id) {
    return this.fetchBizProfile(id);
  }
  async fetchBizProfile(id) {
    return this.get(id) || this.add({ id: toWid(id), description: '', profileOptions: {} });
  }
}
BusinessProfileCollectionImpl.model = BusinessProfile;
const BusinessProfiles = new BusinessProfileCollectionImpl();

function applyBusinessProfile(key, value) {
  BusinessProfiles.gadd(new Wid(key)).set(value || { description: '' });
}

async function editBusinessProfile(changes) {
  const known = appStateOf('businessProfile', login.me) || {};
  await putAppState('businessProfile', login.me, { ...known, ...plain(changes) });
}

define('WAWebBusinessProfileModel', () => ({ BusinessProfile }));
define('WAWebBusinessProfileCollection', () => ({ BusinessProfileCollection: BusinessProfiles }));
define('WAWebBusinessProfileEdit', () => ({ editBusinessProfile }));
