// Labels of a business account, and calls that are refused.
(function () {
  'use strict';

  const { functions, Rejection, quietly, walk, actAndTell } = wppmt;

  wppmt.requireBusiness = () => {
    if (!quietly(() => WPP.profile.isBusiness(), false)) throw new Rejection('business_only');
  };

  wppmt.labelNamed = (id) => {
    const label = WPP.whatsapp.LabelStore.get(String(id));
    if (!label) throw new Rejection('label_not_found');
    return label;
  };

  const shown = ({ id, name, colorIndex, hexColor }) => ({ labelId: String(id), name: name || null, color: hexColor || (colorIndex === undefined ? null : String(colorIndex)) });

  const byNumber = (a, b) => Number(a) - Number(b);

  walk('labels', () => {
    wppmt.requireBusiness();
    return WPP.whatsapp.LabelStore.getModelsArray().map(({ id }) => String(id)).sort(byNumber);
  }, (id) => {
    const label = WPP.whatsapp.LabelStore.get(id);
    return label && shown(label);
  });

  functions.create_label = async ({ name, color }) => {
    wppmt.requireBusiness();
    const options = color === null || color === undefined ? {} : { labelColor: color };
    // Its id is WhatsApp's choice, so that its echo cannot be expected by it.
    const { id } = await wppmt.act('label|*|create|', () => WPP.labels.addNewLabel(name, options));
    await actAndTell(`label|${id}|create|`, async () => {}, 'label_change', { labelId: String(id), name, action: 'create', chatId: null });
    return shown(wppmt.labelNamed(id));
  };

  functions.delete_label = async ({ labelId }) => {
    wppmt.requireBusiness();
    const { name } = wppmt.labelNamed(labelId);
    const data = { labelId, name: name || null, action: 'delete', chatId: null };
    await actAndTell(`label|${labelId}|delete|`, () => WPP.labels.deleteLabel(labelId), 'label_change', data);
    return { labelId };
  };

  functions.reject_call = async ({ callId }) => {
    const call = WPP.whatsapp.CallStore.get(callId);
    if (!call) throw new Rejection('call_not_found');
    await WPP.call.reject(callId);
    return { callId };
  };
})();
