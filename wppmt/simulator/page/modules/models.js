// Models and collections of what has no life of its own here. wa-js knows a model by the proxyName of its prototype.

function plainModel(proxyName) {
  return named(class extends BaseModel {}, proxyName);
}

const PLAIN_MODELS = [
  ['WAWebAttachMediaModel', 'AttachMedia', 'attachMedia'],
  ['WAWebBotProfileModel', 'default', 'botProfile'],
  ['WAWebBusinessCategoriesResultModel', 'BusinessCategoriesResult', 'BusinessCategoriesResult'],
  ['WAWebButtonModel', 'default', 'replyButton'],
  ['WAWebCartItemModel', 'CartItem', 'cart-item'],
  ['WAWebCartModel', 'default', 'cart'],
  ['WAWebCatalogModel', 'default', 'catalog'],
  ['WAWebChatPreferenceModel', 'ChatPreference', 'chatPreference'],
  ['WAWebConversionTupleModel', 'ConversionTuple', 'conversionTuple'],
  ['WAWebEmojiVariantModel', 'default', 'emojiVariant'],
  ['WAWebMsgButtonReplyMsgModel', 'default', 'msgButtonReplyMsg'],
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
  ['WAWebUnreadMentionModel', 'default', 'unreadMention'],
];
for (const [id, name, proxyName] of PLAIN_MODELS) define(id, () => ({ [name]: plainModel(proxyName) }));

// A collection whose class is exported beside its one instance.
class BusinessCategoriesResultCollectionImpl extends BaseCollection {}
class StickerCollectionImpl extends BaseCollection {}
define('WAWebBusinessCategoriesResultCollection', () => ({
  BusinessCategoriesResultCollectionImpl,
  BusinessCategoriesResultCollection: new BusinessCategoriesResultCollectionImpl(),
}));
define('WAWebStickerCollection', () => ({ StickerCollectionImpl, StickerCollection: new StickerCollectionImpl() }));
