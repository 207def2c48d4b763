// Scheduled events and the links of calls that belong to them.

const CALL_LINK = 'https://call.whatsapp.com';
const EVENT_ATTRIBUTES = {
  name: 'eventName',
  description: 'eventDescription',
  startTime: 'eventStartTime',
  endTime: 'eventEndTime',
  location: 'eventLocation',
  isEventCanceled: 'isEventCanceled',
};

async function createEventCallLink(startTime, callType) {
  const token = toBase64(crypto.getRandomValues(new Uint8Array(16))).replace(/[^A-Za-z0-9]/g, '');
  return `${CALL_LINK}/${callType === 'video' ? 'video' : 'voice'}/${token}`;
}

// An edit of an event carries its new attributes.
async function sendEventEditMessage(event, message) {
  const changed = Object.entries(EVENT_ATTRIBUTES).filter(([name]) => event[name] !== undefined);
  const attributes = Object.fromEntries(changed.map(([name, attribute]) => [attribute, event[name]]));
  return sendAddon('edit', message.id, { body: event.name, attributes });
}

async function receiveEventResponse(addon) {
  await keepAddon(addonRow('eventResponse', addon, { response: addon.content.response }));
}

define('WAWebGenerateEventCallLink', () => ({ createEventCallLink }));
define('WAWebSendEventEditMsgAction', () => ({ sendEventEditMessage }));
define('WAWebSendEventResponseMsgAction', () => ({
  sendEventResponseMsg: (response, message) => sendAddon('eventResponse', message.id, { response }),
}));
