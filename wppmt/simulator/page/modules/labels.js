// Labels of a business account, and the lists that everybody has: both are labels to WhatsApp.

const CUSTOM_LIST = 5;
const LABEL_COLOURS = [
  '#ff9485',
  '#64c4ff',
  '#ffd429',
  '#dfaef0',
  '#99b6c1',
  '#55ccb3',
  '#ff9dff',
  '#d3a91d',
  '#6d7cce',
  '#d7e752',
  '#00d0e2',
  '#ffc5c7',
  '#93ceac',
  '#f74848',
  '#00a0f2',
  '#83e422',
  '#ffaf04',
  '#b5ebff',
  '#9ba6ff',
  '#9368cf',
];

class LabelItem extends BaseModel {}
named(LabelItem, 'labelItem');
class LabelItemCollectionImpl extends BaseCollection {}
LabelItemCollectionImpl.model = LabelItem;

class LabelModel extends BaseModel {
  get hexColor() {
    return LABEL_COLOURS[this.colorIndex];
  }
}
named(LabelModel, 'label', {
  name: undefined,
  colorIndex: 0,
  type: CUSTOM_LIST,
  isActive: true,
  predefinedId: undefined,
});

class LabelCollectionImpl extends BaseCollection {
  async getNextAvailableColor() {
    return (Math.max(0, ...this.models.map(({ colorIndex }) => colorIndex)) + 1) % LABEL_COLOURS.length;
  }

  // `labels`: [{id, type: 'add' | 'remove'}], each for all of the chats.
  async addOrRemoveLabels(labels, chats) {
    for (const { id, type } of labels) {
      for (const chat of chats) await putAppState('labelChat', `${id}|${chat.id}`, type === 'add' ? true : undefined);
    }
  }
}
LabelCollectionImpl.model = LabelModel;
const Labels = new LabelCollectionImpl();

function applyLabel(id, value) {
  if (!value) {
    for (const chat of Chats.filter(({ labels }) => labels.includes(id))) unlabel(chat, id);
    Labels.remove(id);
    return;
  }
  const label = Labels.get(id) || Labels.add({ id, labelItemCollection: new LabelItemCollectionImpl() });
  label.set({ name: value.name, colorIndex: value.color });
}

// WhatsApp tells of a chat and a label through the exports of this module, where wa-js has put its wrapper.
function applyLabelChat(key, labelled) {
  const [id, chatId] = key.split('|');
  const label = Labels.get(id);
  const chat = ensureChat(new Wid(chatId));
  const { addToLabelCollection, removeLabelFromCollection } = importNamespace('WAWebBizLabelUtils');
  if (labelled && label && !chat.labels.includes(id)) addToLabelCollection(chatId, [id], 'Chat');
  if (!labelled && chat.labels.includes(id)) removeLabelFromCollection(chatId, id, 'Chat');
}

const labelItemId = (chatId, id) => `${chatId}_${id}_Chat`;

function addToLabelCollection(chatId, ids) {
  const chat = ensureChat(toWid(chatId));
  chat.set('labels', [...chat.labels, ...ids]);
  for (const id of ids) {
    const item = { id: labelItemId(chatId, id), labelId: id, parentType: 'Chat', parentId: String(chatId) };
    Labels.get(id).labelItemCollection.add(item);
  }
}

function removeLabelFromCollection(chatId, id) {
  unlabel(ensureChat(toWid(chatId)), id);
}

function unlabel(chat, id) {
  chat.set(
    'labels',
    chat.labels.filter((one) => one !== id),
  );
  const label = Labels.get(id);
  if (label) label.labelItemCollection.remove(labelItemId(chat.id, id));
}

async function labelAddAction(name, color) {
  const { id } = await answered('nextLabel', {});
  await putAppState('label', id, { name, color: Number(color) });
  return id;
}

// wa-js names the label by its id, or by an object.
async function labelDeleteAction(given) {
  const id = String(given && typeof given === 'object' ? given.labelId : given);
  for (const chat of Chats.filter(({ labels }) => labels.includes(id)))
    await putAppState('labelChat', `${id}|${chat.id}`, undefined);
  await putAppState('label', id, undefined);
}

async function labelEditAction(id, name, predefinedId, color) {
  await putAppState('label', String(id), { name, color: Number(color) });
}

define('WAWebLabelItemModel', () => ({ default: LabelItem }));
define('WAWebLabelItemCollection', () => ({ LabelItemCollection: LabelItemCollectionImpl }));
define('WAWebLabelModel', () => ({ Label: LabelModel }));
define('WAWebLabelCollection', () => ({ LabelCollection: Labels }));
define('WAWebBizLabelEditingAction', () => ({ labelAddAction, labelDeleteAction, labelEditAction }));
define('WAWebBizLabelUtils', () => ({
  addToLabelCollection,
  removeLabelFromCollection,
  createLabelItemId: labelItemId,
  getParentCollection: () => Chats,
}));
define('WAWebDBLabelDatabaseApi', () => ({ getNextLabelId: async () => Number((await answered('nextLabel', {})).id) }));
define('WAWebListUtils', () => ({
  colorIndexToHex: (index) => LABEL_COLOURS[index],
  getAllLabelColors: () => LABEL_COLOURS,
  getSelectableLabelColors: () => LABEL_COLOURS,
}));
