// Not simulated, but known to wa-js by the text of the function, so a refusal must carry that text.

define('WAWebPollsVotesSchema', () => ({
  getTable: () => { throw new NotSimulated('WAWebPollsVotesSchema.getTable of "poll-votes"'); },
}));
define('WAWebSendClearChatAction', () => ({
  sendClear: () => { throw new NotSimulated('WAWebSendClearChatAction.sendClear (WAWebStateUtils)'); },
}));

function refusals(id, ...names) {
  return Object.fromEntries(names.map((name) => [name, notSimulated(`${id}.${name}`)]));
}

define('WAWebUserPrefsStatus', () => ({
  default: refusals(
    'WAWebUserPrefsStatus', 'getStatusAllowList', 'getStatusContacts', 'getStatusDenyList', 'getStatusList',
    'getStatusPrivacySetting', 'getStatusPrivacySettingConfig', 'setStatusPrivacyConfig',
  ),
}));
