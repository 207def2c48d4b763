// Models and collections of what has no life of its own here. wa-js knows a model by the proxyName of its prototype.

function plainModel(proxyName) {
  return named(class extends BaseModel {}, proxyName);
}

const PLAIN_MODELS = [
  ['WAWebAttachMediaModel', 'AttachMedia', 'attachMedia'],
  ['WAWebBlocklistModel', 'default', 'blocklist'],
  ['WAWebBotProfileModel', 'default', 'botProfile'],
  ['WAWebBusinessCategoriesResultModel', 'BusinessCategoriesResult', 'BusinessCategoriesResult'],
  ['WAWebBusinessProfileModel', 'BusinessProfile', 'businessProfile'],
  ['WAWebButtonModel', 'default', 'replyButton'],
  ['WAWebCartItemModel', 'CartItem', 'cart-item'],
  ['WAWebCartModel', 'default', 'cart'],
  ['WAWebCatalogModel', 'default', 'catalog'],
  ['WAWebChatPreferenceModel', 'ChatPreference', 'chatPreference'],
  ['WAWebConversionTupleModel', 'ConversionTuple', 'conversionTuple'],
  ['WAWebEmojiVariantModel', 'default', 'emojiVariant'],
  ['WAWebLabelItemModel', 'default', 'labelItem'],
  ['WAWebLabelModel', 'Label', 'label'],
  ['WAWebMsgButtonReplyMsgModel', 'default', 'msgButtonReplyMsg'],
  ['WAWebMuteModel', 'Mute', 'mute'],
  ['WAWebNoteModel', 'Note', 'note'],
  ['WAWebOrderItemModel', 'default', 'order-item'],
  ['WAWebOrderModel', 'default', 'order'],
  ['WAWebProductCollModel', 'default', 'productColl'],
  ['WAWebProductImageModel', 'ProductImage', 'productImage'],
  ['WAWebProductModel', 'Product', 'product'],
  ['WAWebQuickReplyModel', 'default', 'quickReply'],
  ['WAWebRecentEmojiModel', 'default', 'recentEmoji'],
  ['WAWebRecentStickerModel', 'default', 'recentSticker'],
  ['WAWebStickerModel', 'Sticker', 'sticker'],
  ['WAWebStickerPackModel', 'StickerPackModel', 'stickerPack'],
  ['WAWebTemplateButtonModel', 'default', 'templateButton'],
  ['WAWebUnreadMentionModel', 'default', 'unreadMention'],
];
for (const [id, name, proxyName] of PLAIN_MODELS) define(id, () => ({ [name]: plainModel(proxyName) }));

class ReactionsSendersCollection extends BaseCollection {}
class AggReactionsCollection extends BaseCollection {}
define('WAWebReactionsModels', () => ({
  AggReactions: plainModel('aggReactions'),
  AggReactionsCollection,
  Reactions: plainModel('reactions'),
  ReactionsSenders: plainModel('reactionsSenders'),
  ReactionsSendersCollection,
}));

class MsgInfoParticipantCollection extends BaseCollection {}
define('WAWebMsgInfoModel', () => ({
  MsgInfo: plainModel('msgInfo'),
  MsgInfoParticipant: plainModel('msgInfoParticipant'),
  ParticipantCollection: MsgInfoParticipantCollection,
}));

// wa-js knows these two by what their prototypes hold.
define('WAWebTextStatusModel', () => {
  const TextStatus = plainModel('textStatus');
  TextStatus.prototype.__props = ['id', 'status'];
  return { default: TextStatus };
});
define('WAWebStatusModel', () => {
  const Status = plainModel('status');
  Status.prototype.sendReadStatus = notSimulated('WAWebStatusModel.sendReadStatus');
  return { default: Status };
});

// A collection whose class is exported beside its one instance.
class BusinessCategoriesResultCollectionImpl extends BaseCollection {}
class StickerCollectionImpl extends BaseCollection {}
define('WAWebBusinessCategoriesResultCollection', () => ({
  BusinessCategoriesResultCollectionImpl,
  BusinessCategoriesResultCollection: new BusinessCategoriesResultCollectionImpl(),
}));
define('WAWebStickerCollection', () => ({ StickerCollectionImpl, StickerCollection: new StickerCollectionImpl() }));
