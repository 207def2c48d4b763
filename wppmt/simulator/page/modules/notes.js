// Notes of a business account about a customer.

class NoteModel extends BaseModel {}
named(NoteModel, 'note');
class NoteCollectionImpl extends BaseCollection {}
NoteCollectionImpl.model = NoteModel;
const Notes = new NoteCollectionImpl();

function applyNote(id, value) {
  if (!value) Notes.remove(id);
  else Notes.add({ id, ...value }, { merge: true });
}

async function addOrEditNoteAction({ id, chatJid, content, noteType, createdAt }) {
  if (!Conn.isSMB) throw new Error('notes are for business accounts');
  const note = { type: noteType, chatJid, content, createdAt: createdAt || unixTime(), modifiedAt: unixTime() };
  await putAppState('note', id || (await MsgKey.newId()), note);
}

const noteOf = async (chatJid) => Notes.findFirst((note) => note.chatJid === chatJid) || null;

define('WAWebNoteModel', () => ({ Note: NoteModel }));
define('WAWebNoteCollection', () => ({ NoteCollection: Notes }));
define('WAWebNoteAction', () => ({
  addOrEditNoteAction,
  retrieveOnlyNoteForChatJid: noteOf,
  noteAddAction: ({ chatJid, content, type }) => addOrEditNoteAction({ chatJid, content, noteType: type }),
  noteEditAction: (id, noteType, chatJid, content, createdAt) =>
    addOrEditNoteAction({ id, noteType, chatJid, content, createdAt }),
}));
