// Every public function of wa-js, called once with plausible arguments, in this order; each checks what came of it.
// `c` is the world that the test has made: who and what there is.
(c) => {
  const { bruno, carla, diego, stranger, group, other } = c;
  const quick = { linkPreview: false };

  function check(truth, what) {
    if (!truth) throw new Error(`not so: ${what}`);
    return true;
  }

  async function refused(promise, code) {
    try {
      await promise;
    } catch (error) {
      return check(!code || error.code === code, `refused with ${code}, not ${error.code || error.message}`);
    }
    throw new Error('not refused');
  }

  async function until(look, what) {
    for (let n = 0; n < 200; n += 1) {
      const found = await look();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`not within 4 s: ${what}`);
  }

  const chat = (id) => WPP.chat.get(id || bruno);
  const message = (id) => WPP.chat.getMessageById(id);
  const text = async (body, to) => (await WPP.chat.sendTextMessage(to || bruno, body, quick)).id;
  const sent = (answer) =>
    check(answer.ack >= 1 && answer.sendMsgResult.messageSendResult === 'OK', 'acknowledged') && answer;
  const typed = async (answer, type) => check((await message(sent(answer).id)).type === type, `type ${type}`);
  const member = (id) => WPP.chat.get(group).groupMetadata.participants.get(id);
  const picture = c.picture;

  // Before the login: at the QR screen.
  const atQr = {
    'conn.isRegistered': () => check(WPP.conn.isRegistered() === false, 'not registered'),
    'conn.isAuthenticated': () => check(WPP.conn.isAuthenticated() === false, 'not authenticated'),
    'conn.isIdle': () => check(WPP.conn.isIdle() === false, 'not idle'),
    'conn.getAuthCode': async () =>
      check((await WPP.conn.getAuthCode()).fullCode.split(',').length === 4, 'four parts'),
    'conn.refreshQR': async () => check((await WPP.conn.refreshQR()).ref, 'a new code'),
    'conn.genLinkDeviceCodeForPhoneNumber': async () =>
      check(/^[A-Z0-9]{8}$/.test(await WPP.conn.genLinkDeviceCodeForPhoneNumber(c.phone)), 'eight characters'),
    'conn.startLinkDeviceCodeForPhoneNumber': async () =>
      check(/^[A-Z0-9]{8}$/.test(await WPP.conn.startLinkDeviceCodeForPhoneNumber(c.phone)), 'eight characters'),
    'conn.refreshLinkDeviceCode': async () =>
      check((await WPP.conn.refreshLinkDeviceCode()).length === 8, 'eight characters'),
    'conn.cancelLinkDeviceCode': async () => {
      WPP.conn.cancelLinkDeviceCode();
      await refused(WPP.conn.refreshLinkDeviceCode());
    },
  };

  const linked = {
    // --- the connection
    'conn.isMainInit': () => check(WPP.conn.isMainInit(), 'initialised'),
    'conn.isMainLoaded': () => check(WPP.conn.isMainLoaded(), 'loaded'),
    'conn.isMainReady': () => check(WPP.conn.isMainReady(), 'ready'),
    'conn.isMultiDevice': () => check(WPP.conn.isMultiDevice(), 'multi-device'),
    'conn.isOnline': () => check(WPP.conn.isOnline(), 'online'),
    'conn.needsUpdate': () => check(!WPP.conn.needsUpdate(), 'no update'),
    'conn.getBuildConstants': () => check(WPP.conn.getBuildConstants().PARSED.SECONDARY === 3000, 'the build'),
    'conn.isWhatsAppVersionGTE': () => check(WPP.conn.isWhatsAppVersionGTE('2.3000.0'), 'a build of this age'),
    'conn.getMyDeviceId': () => check(WPP.conn.getMyDeviceId().user === c.phone, 'my number'),
    'conn.getMyUserId': () => check(WPP.conn.getMyUserId().user === c.phone, 'my number'),
    'conn.getMyUserWid': () => check(WPP.conn.getMyUserWid().user === c.phone, 'my number'),
    'conn.getMyUserLid': () => check(WPP.conn.getMyUserLid().isLid(), 'my hidden id'),
    'conn.getPlatform': () => check(WPP.conn.getPlatform() === 'smba', 'a business phone'),
    'conn.getStreamData': () => check(WPP.conn.getStreamData().mode === 'MAIN', 'in MAIN'),
    'conn.getHistorySyncProgress': () =>
      check(WPP.conn.getHistorySyncProgress().inProgress === false, 'no history sync'),
    'conn.getMigrationState': () => check(WPP.conn.getMigrationState().currentPn.user === c.phone, 'my number'),
    'conn.getABProps': () => check(Array.isArray(WPP.conn.getABProps()), 'a list'),
    'conn.getABPropsMap': () => check(WPP.conn.getABPropsMap() instanceof Map, 'a map'),
    'conn.getABPropName': () =>
      check(
        [null, 'string'].includes(WPP.conn.getABPropName('1') && typeof WPP.conn.getABPropName('1')),
        'a name or null',
      ),
    'conn.getTheme': () => check(['light', 'dark'].includes(WPP.conn.getTheme()), 'a theme'),
    'conn.getAutoDownloadSettings': () =>
      check(typeof WPP.conn.getAutoDownloadSettings().photos === 'boolean', 'settings'),
    'conn.changeEnviromentDevice': () => {
      const before = WPP.whatsapp.Enviroment.default.isWindows;
      WPP.conn.changeEnviromentDevice();
      check(WPP.whatsapp.Enviroment.default.isWindows !== before, 'changed');
      WPP.conn.changeEnviromentDevice();
    },
    'conn.markAvailable': async () => check(await WPP.conn.markAvailable(), 'done'),
    'conn.markUnavailable': async () => check(await WPP.conn.markUnavailable(), 'done'),
    'conn.setKeepAlive': () => check(WPP.conn.setKeepAlive(true) && !WPP.conn.setKeepAlive(false), 'on and off'),
    'conn.setLimit': () => check(WPP.conn.setLimit('maxShare', 10) === 10, 'set'),
    'conn.setMultiDevice': () => check(WPP.conn.setMultiDevice(true), 'done'),
    'conn.joinWebBeta': async () => check((await WPP.conn.joinWebBeta(true)) === true, 'joined'),

    // --- people
    'contact.list': async () =>
      check(
        (await WPP.contact.list({ onlyMyContacts: true })).some((one) => String(one.id) === bruno),
        'Bruno',
      ),
    'contact.get': async () => check((await WPP.contact.get(bruno)).name === 'Bruno', 'Bruno'),
    'contact.queryExists': async () => check((await WPP.contact.queryExists(stranger)).wid, 'a stranger exists'),
    'contact.queryWidExists': async () =>
      check((await WPP.contact.queryWidExists(c.nobody)) === null, 'nobody does not'),
    'contact.getPnLidEntry': async () =>
      check((await WPP.contact.getPnLidEntry(bruno)).lid.server === 'lid', 'the hidden id'),
    'contact.getBusinessProfile': async () => check((await WPP.contact.getBusinessProfile(bruno)).id, 'a profile'),
    'contact.getCommonGroups': async () =>
      check(
        (await WPP.contact.getCommonGroups(bruno)).some((id) => String(id) === group),
        'the group',
      ),
    'contact.getProfilePictureUrl': async () =>
      check((await WPP.contact.getProfilePictureUrl(bruno)) === undefined, 'no picture yet'),
    'contact.getStatus': async () => check((await WPP.contact.getStatus(bruno)) === c.about, 'his recado'),
    'contact.getUsername': async () =>
      check((await WPP.contact.getUsername(c.carlaLid)).username === undefined, 'no username'),
    'contact.queryUsernameExists': async () =>
      check((await WPP.contact.queryUsernameExists('nobody.here')) === null, 'nobody'),
    'contact.save': async () =>
      check((await WPP.contact.save(diego, 'Diego', { surname: 'Reis' })).name === 'Diego Reis', 'saved'),
    'contact.remove': async () => check(!(await WPP.contact.remove(diego)).name, 'removed'),
    'contact.subscribePresence': async () =>
      check((await WPP.contact.subscribePresence(bruno)).length === 1, 'subscribed'),
    'contact.unsubscribePresence': async () =>
      check((await WPP.contact.unsubscribePresence(bruno)).length === 1, 'unsubscribed'),
    'contact.reportContact': async () => check((await WPP.contact.reportContact(stranger)).reportId, 'a report'),
    'blocklist.blockContact': async () => check((await WPP.blocklist.blockContact(stranger)).isBlocked, 'blocked'),
    'blocklist.isBlocked': () => check(WPP.blocklist.isBlocked(stranger), 'blocked'),
    'blocklist.all': () => check(WPP.blocklist.all().length === 1, 'one'),
    'blocklist.unblockContact': async () => check(!(await WPP.blocklist.unblockContact(stranger)).isBlocked, 'free'),

    // --- sends
    'chat.sendTextMessage': async () => sent(await WPP.chat.sendTextMessage(bruno, 'Oi', quick)),
    'chat.sendRawMessage': async () => sent(await WPP.chat.sendRawMessage(bruno, { type: 'chat', body: 'cru' })),
    'chat.sendFileMessage': async () =>
      typed(
        await WPP.chat.sendFileMessage(bruno, picture, { type: 'image', caption: 'Foto', filename: 'a.png' }),
        'image',
      ),
    'chat.sendLocationMessage': async () =>
      typed(
        await WPP.chat.sendLocationMessage(bruno, { lat: -23.5, lng: -46.6, name: 'Sé', address: 'São Paulo' }),
        'location',
      ),
    'chat.sendVCardContactMessage': async () =>
      typed(await WPP.chat.sendVCardContactMessage(bruno, { id: carla, name: 'Carla' }), 'vcard'),
    'chat.sendCreatePollMessage': async () =>
      typed(await WPP.chat.sendCreatePollMessage(bruno, 'Quando?', ['Hoje', 'Amanhã']), 'poll_creation'),
    'chat.sendEventMessage': async () =>
      typed(await WPP.chat.sendEventMessage(bruno, { name: 'Festa', startTime: c.soon }), 'event_creation'),
    'chat.sendScheduledCallMessage': async () =>
      typed(
        await WPP.chat.sendScheduledCallMessage(bruno, {
          title: 'Ligação',
          callType: 'voice',
          scheduledTimestampMs: c.soon * 1000,
        }),
        'event_creation',
      ),
    'chat.sendListMessage': async () =>
      typed(
        await WPP.chat.sendListMessage(bruno, {
          buttonText: 'Ver',
          description: 'Menu',
          sections: [{ title: 'A', rows: [{ rowId: '1', title: 'Um', description: '' }] }],
        }),
        'list',
      ),
    'chat.sendPixKeyMessage': async () =>
      typed(
        await WPP.chat.sendPixKeyMessage(bruno, { keyType: 'EMAIL', name: 'Loja', key: 'pix@loja.br' }),
        'interactive',
      ),
    'chat.sendChargeMessage': async () =>
      typed(
        await WPP.chat.sendChargeMessage(bruno, [{ type: 'custom', name: 'Bolo', price: 5000, qnt: 1 }]),
        'interactive',
      ),
    'chat.sendCatalogMessage': async () =>
      typed(await WPP.chat.sendCatalogMessage(bruno, WPP.conn.getMyUserWid(), {}), 'chat'),
    'chat.sendGroupInviteMessage': async () =>
      sent(
        await WPP.chat.sendGroupInviteMessage(bruno, { groupId: group, inviteCode: 'ABCDEFGHIJ', caption: 'Entre' }),
      ),
    'chat.sendReactionToMessage': async () => {
      const id = await text('reaja');
      check((await WPP.chat.sendReactionToMessage(id, '👍')).sendMsgResult.messageSendResult === 'OK', 'sent');
      c.reacted = id;
    },
    'chat.getReactions': async () =>
      check((await WPP.chat.getReactions(c.reacted)).reactionByMe.reactionText === '👍', 'my reaction'),
    'chat.requestPhoneNumber': async () => sent(await WPP.chat.requestPhoneNumber(c.carlaLid)),
    'chat.generateMessageID': async () => check((await WPP.chat.generateMessageID(bruno)).fromMe, 'a key of mine'),
    'chat.prepareRawMessage': async () =>
      check(
        (await WPP.chat.prepareRawMessage(chat(), { type: 'chat', body: 'x' })).to.toString() === bruno,
        'to Bruno',
      ),
    'chat.prepareLinkPreview': async () =>
      check(
        (
          await WPP.chat.prepareLinkPreview(
            { type: 'chat', body: 'https://example.com' },
            { linkPreview: { title: 'Exemplo' } },
          )
        ).title === 'Exemplo',
        'a preview',
      ),
    'chat.prepareMessageButtons': () =>
      check(
        WPP.chat.prepareMessageButtons({ type: 'chat', body: 'x' }, { buttons: [{ id: '1', text: 'Sim' }] })
          .hydratedButtons.length === 1,
        'a button',
      ),
    'chat.replyToButtonMessage': async () =>
      check(await WPP.chat.replyToButtonMessage(bruno, c.buttons, { buttonIndex: 0 }), 'answered'),

    // --- messages
    'chat.getMessageById': async () => check((await message(c.received)).body === 'Olá', 'the text'),
    'chat.rehydrateMessage': async () =>
      check(
        WPP.chat.rehydrateMessage(JSON.stringify({ id: c.received, type: 'chat', body: 'Olá', from: bruno })).body ===
          'Olá',
        'a message',
      ),
    'chat.getMessages': async () =>
      check(
        (await WPP.chat.getMessages(bruno, { count: 20 })).some((one) => one.body === 'Olá'),
        'the text',
      ),
    'chat.getMessageACK': async () => check((await WPP.chat.getMessageACK(await text('quem leu?'))).fromMe, 'of mine'),
    'chat.getPlatformFromMessage': async () =>
      check(['web', 'android'].includes(WPP.chat.getPlatformFromMessage(await text('de onde?'))), 'a platform'),
    'chat.getQuotedMsg': async () =>
      check((await WPP.chat.getQuotedMsg(c.quoting)).body === c.quotedBody, 'what it answers'),
    'chat.getQuotedMsgKey': async () =>
      check(WPP.chat.getQuotedMsgKey(await message(c.quoting)).fromMe, 'a key of mine'),
    'chat.downloadMedia': async () => check((await WPP.chat.downloadMedia(c.image)).size > 0, 'its bytes'),
    'chat.canReply': async () => check(await WPP.chat.canReply(c.received), 'may be answered'),
    'chat.editMessage': async () => {
      const id = await text('errado');
      await WPP.chat.editMessage(id, 'certo', quick);
      check((await message(id)).body === 'certo', 'the new text');
    },
    'chat.forwardMessage': async () => {
      await WPP.chat.forwardMessage(carla, c.received);
      await until(
        () =>
          chat(carla)
            .msgs.getModelsArray()
            .some((one) => one.isForwarded && one.body === 'Olá'),
        'forwarded',
      );
    },
    'chat.forwardMessages': async () => {
      await WPP.chat.forwardMessages(group, [c.received]);
      await until(
        () =>
          chat(group)
            .msgs.getModelsArray()
            .some((one) => one.isForwarded && one.body === 'Olá'),
        'forwarded',
      );
    },
    'chat.starMessage': async () => {
      await WPP.chat.starMessage(c.received, true);
      check((await message(c.received)).star === true, 'starred');
    },
    'chat.pinMsg': async () => check((await WPP.chat.pinMsg(c.received)).pinned, 'pinned'),
    'chat.unpinMsg': async () => check((await WPP.chat.unpinMsg(c.received)).pinned === false, 'not pinned'),
    'chat.keepMessage': async () => check((await WPP.chat.keepMessage(c.inGroup)).id, 'kept'),
    'chat.getVotes': async () =>
      check(
        (await WPP.chat.getVotes(c.poll)).votes[0].selectedOptions.some((one) => one && one.name === 'Sim'),
        'the vote',
      ),
    'chat.canMarkPlayed': async () => check(await WPP.chat.canMarkPlayed(c.voice), 'may be played'),
    'chat.markPlayed': async () => check((await WPP.chat.markPlayed(c.voice)).ack === 4, 'played'),
    'chat.deleteMessage': async () => {
      const id = await text('apague');
      check((await WPP.chat.deleteMessage(bruno, id, false, true)).isRevoked, 'revoked');
      await until(async () => (await message(id)).type === 'revoked', 'revoked in the page');
      const mine = await text('só meu');
      check((await WPP.chat.deleteMessage(bruno, mine)).isDeleted, 'deleted');
    },

    // --- chats
    'chat.find': async () => check((await WPP.chat.find(diego)).id.toString().length > 5, 'a chat'),
    'chat.get': () => check(chat().id.toString() === bruno, 'a chat'),
    'chat.list': async () => check((await WPP.chat.list({ onlyUsers: true })).length > 1, 'chats'),
    'chat.archive': async () =>
      check((await WPP.chat.archive(carla)) && (await until(() => chat(carla).archive, 'archived')), 'archived'),
    'chat.unarchive': async () =>
      check(
        (await WPP.chat.unarchive(carla)) && (await until(() => !chat(carla).archive, 'not archived')),
        'not archived',
      ),
    'chat.pin': async () => check((await WPP.chat.pin(bruno)) && chat().pin, 'pinned'),
    'chat.unpin': async () => check((await WPP.chat.unpin(bruno)) && !chat().pin, 'not pinned'),
    'chat.canMute': () => check(WPP.chat.canMute(bruno), 'may be muted'),
    'chat.mute': async () => check((await WPP.chat.mute(bruno, { duration: 3600 })).isMuted, 'muted'),
    'chat.unmute': async () => {
      await WPP.chat.unmute(bruno);
      check(chat().mute.expiration === 0, 'not muted');
    },
    'chat.markIsUnread': async () => {
      await WPP.chat.markIsUnread(bruno);
      check(chat().unreadCount !== 0, 'unread');
    },
    'chat.getUnreadChats': async () =>
      check(
        (await WPP.chat.getUnreadChats(false)).some((one) => String(one.id) === bruno),
        'Bruno',
      ),
    'chat.markIsRead': async () => {
      await WPP.chat.markIsRead(bruno);
      check(chat().unreadCount === 0, 'read');
    },
    'chat.markIsComposing': () => WPP.chat.markIsComposing(bruno, 20),
    'chat.markIsRecording': () => WPP.chat.markIsRecording(bruno, 20),
    'chat.markIsPaused': () => WPP.chat.markIsPaused(bruno),
    'chat.getLastSeen': async () => check((await WPP.chat.getLastSeen(bruno)) !== undefined, 'a moment or false'),
    'chat.openChatBottom': async () => {
      await WPP.chat.openChatBottom(bruno);
      await until(() => chat().active, 'open');
    },
    'chat.getActiveChat': () => check(String(WPP.chat.getActiveChat().id) === bruno, 'Bruno'),
    'chat.setInputText': async () =>
      check((await WPP.chat.setInputText('rascunho', bruno)).text === 'rascunho', 'the draft'),
    'chat.closeChat': async () =>
      check((await WPP.chat.closeChat()) && (await until(() => !chat().active, 'closed')), 'closed'),
    'chat.openChatAt': async () => {
      await WPP.chat.openChatAt(bruno, c.received);
      await until(() => chat().active, 'open');
    },
    'chat.openChatFromUnread': async () => {
      await WPP.chat.openChatFromUnread(carla);
      await until(() => chat(carla).active, 'open');
    },
    'chat.setChatList': async () =>
      check(
        (await WPP.chat.setChatList('unread')).type === 'unread' && (await WPP.chat.setChatList('all')),
        'filtered',
      ),
    'chat.setNotes': async () =>
      check((await WPP.chat.setNotes(bruno, 'cliente antigo')).content === 'cliente antigo', 'a note'),
    'chat.getNotes': async () => check((await WPP.chat.getNotes(bruno)).content === 'cliente antigo', 'the note'),
    'chat.clear': async () => check((await WPP.chat.clear(diego)).status === 200, 'cleared'),
    'chat.delete': async () => {
      await WPP.chat.find(diego);
      check((await WPP.chat.delete(diego)).status === 200 && !WPP.chat.get(diego), 'deleted');
    },
    'indexdb.getMessagesFromRowId': async () =>
      check((await WPP.indexdb.getMessagesFromRowId({ minRowId: 0 })).length > 0, 'rows'),

    // --- labels and lists
    'labels.getLabelColorPalette': async () => check((await WPP.labels.getLabelColorPalette()).length > 10, 'colours'),
    'labels.colorIsInLabelPalette': async () => check(await WPP.labels.colorIsInLabelPalette('1'), 'a colour'),
    'labels.getNewLabelColor': async () => check(Number.isFinite(await WPP.labels.getNewLabelColor()), 'a colour'),
    'labels.addNewLabel': async () => {
      c.label = (await WPP.labels.addNewLabel('Cliente', { labelColor: 3 })).id;
      check(c.label, 'a label');
    },
    'labels.getLabelById': async () => check((await WPP.labels.getLabelById(c.label)).name === 'Cliente', 'the label'),
    'labels.editLabel': async () =>
      check((await WPP.labels.editLabel(c.label, { name: 'Freguês' })).name === 'Freguês', 'renamed'),
    'labels.addOrRemoveLabels': async () => {
      await WPP.labels.addOrRemoveLabels(bruno, { labelId: c.label, type: 'add' });
      check(chat().labels.includes(c.label), 'labelled');
    },
    'labels.getAllLabels': async () =>
      check((await WPP.labels.getAllLabels()).find((one) => one.id === c.label).count === 1, 'one chat'),
    'labels.deleteLabel': async () => check((await WPP.labels.deleteLabel(c.label)).deleteLabelResult, 'deleted'),
    'labels.deleteAllLabels': async () => {
      await WPP.labels.addNewLabel('Outra', { labelColor: 4 });
      check(
        (await WPP.labels.deleteAllLabels()).every((one) => one.deleteLabelResult),
        'all deleted',
      );
    },
    'lists.create': async () => {
      c.list = await WPP.lists.create('Família', [bruno], 2);
      check(c.list, 'a list');
    },
    'lists.list': () =>
      check(
        WPP.lists.list().some((one) => one.id === c.list && one.name === 'Família'),
        'the list',
      ),
    'lists.rename': async () => {
      await WPP.lists.rename(c.list, 'Parentes');
      check(WPP.lists.list()[0].name === 'Parentes', 'renamed');
    },
    'lists.addChats': async () => {
      await WPP.lists.addChats(c.list, [carla]);
      check(chat(carla).labels.includes(c.list), 'added');
    },
    'lists.removeChats': async () => {
      await WPP.lists.removeChats(c.list, [carla]);
      check(!chat(carla).labels.includes(c.list), 'removed');
    },
    'lists.remove': async () => {
      await WPP.lists.remove(c.list);
      check(!WPP.lists.list().some((one) => one.id === c.list), 'gone');
    },

    // --- groups
    'group.getAllGroups': async () =>
      check(
        (await WPP.group.getAllGroups()).some((one) => String(one.id) === group),
        'the group',
      ),
    'group.ensureGroup': async () => check((await WPP.group.ensureGroup(group)).id.isGroup(), 'a group'),
    'group.ensureGroupAndParticipants': async () =>
      check((await WPP.group.ensureGroupAndParticipants(group, bruno)).participants.length === 1, 'Bruno'),
    'group.getParticipants': async () => check((await WPP.group.getParticipants(group)).length >= 2, 'participants'),
    'group.iAmAdmin': async () => check(await WPP.group.iAmAdmin(group), 'admin'),
    'group.iAmMember': async () => check(await WPP.group.iAmMember(group), 'member'),
    'group.iAmRestrictedMember': async () => check(!(await WPP.group.iAmRestrictedMember(group)), 'not restricted'),
    'group.iAmSuperAdmin': async () => check(await WPP.group.iAmSuperAdmin(group), 'creator'),
    'group.getGroupSizeLimit': async () => check((await WPP.group.getGroupSizeLimit()) >= 257, 'a limit'),
    'group.canAdd': async () => check(await WPP.group.canAdd(group), 'may add'),
    'group.canRemove': async () => check(await WPP.group.canRemove(group, bruno), 'may remove'),
    'group.canPromote': async () => check(await WPP.group.canPromote(group, bruno), 'may promote'),
    'group.promoteParticipants': async () => {
      await WPP.group.promoteParticipants(group, bruno);
      await until(() => member(c.brunoInGroup).isAdmin, 'an admin');
    },
    'group.canDemote': async () => check(await WPP.group.canDemote(group, bruno), 'may demote'),
    'group.demoteParticipants': async () => {
      await WPP.group.demoteParticipants(group, bruno);
      await until(() => !member(c.brunoInGroup).isAdmin, 'no admin');
    },
    'group.addParticipants': async () => {
      const answer = await WPP.group.addParticipants(group, diego);
      check(Object.values(answer)[0].code === 200, 'added');
      await until(async () => (await WPP.group.getParticipants(group)).length >= 4, 'in the group');
    },
    'group.removeParticipants': async () => {
      await WPP.group.removeParticipants(group, diego);
      await until(async () => (await WPP.group.getParticipants(group)).length === 3, 'out of the group');
    },
    'group.getPastParticipants': async () => check((await WPP.group.getPastParticipants(group)).length === 1, 'Diego'),
    'group.setSubject': async () => {
      await WPP.group.setSubject(group, 'Time');
      check(chat(group).name === 'Time', 'renamed');
    },
    'group.setDescription': async () => {
      await WPP.group.setDescription(group, 'Sobre nós');
      check(chat(group).groupMetadata.desc === 'Sobre nós', 'described');
    },
    'group.setProperty': async () => {
      await WPP.group.setProperty(group, 'announcement', true);
      await until(() => chat(group).groupMetadata.announce, 'only admins write');
      await WPP.group.setProperty(group, 'announcement', false);
    },
    'group.setIcon': async () => check((await WPP.group.setIcon(group, picture)).status === 200, 'set'),
    'group.removeIcon': async () => check(await WPP.group.removeIcon(group), 'removed'),
    'group.getInviteCode': async () => {
      c.code = await WPP.group.getInviteCode(group);
      check((c.code.code || c.code).length > 10, 'a code');
    },
    'group.revokeInviteCode': async () => {
      const code = await WPP.group.revokeInviteCode(group);
      check((code.code || code) !== (c.code.code || c.code), 'another code');
    },
    'group.getGroupInfoFromInviteCode': async () =>
      check((await WPP.group.getGroupInfoFromInviteCode(c.otherCode)).subject === 'Outro', 'the group'),
    'group.join': async () => check((await WPP.group.join(c.otherCode)).id === other, 'joined'),
    'group.leave': async () => {
      await WPP.group.leave(other);
      await until(async () => !(await WPP.group.iAmMember(other)), 'left');
    },
    'group.getMembershipRequests': async () =>
      check((await WPP.group.getMembershipRequests(c.closed)).length === 2, 'two requests'),
    'group.approve': async () =>
      check(
        (await WPP.group.approve(c.closed, c.asking[0])).every((one) => !one.error),
        'approved',
      ),
    'group.reject': async () =>
      check(
        (await WPP.group.reject(c.closed, c.asking[1])).every((one) => !one.error),
        'rejected',
      ),
    'group.create': async () => {
      const made = await WPP.group.create('Novo', [bruno, carla]);
      check(made.gid.isGroup() && Object.keys(made.participants).length >= 2, 'a group');
      c.made = String(made.gid);
    },

    // --- communities
    'community.create': async () => {
      c.community = String((await WPP.community.create('Bairro', 'Vizinhos', [c.made])).wid);
      check(c.community.endsWith('@g.us'), 'a community');
    },
    'community.getSubgroups': async () =>
      check((await until(() => WPP.community.getSubgroups(c.community), 'subgroups')).length >= 1, 'its groups'),
    'community.getAnnouncementGroup': async () =>
      check(
        (await until(() => WPP.community.getAnnouncementGroup(c.community), 'the announcement group')).isGroup(),
        'a group',
      ),
    'community.addSubgroups': async () =>
      check((await WPP.community.addSubgroups(c.community, [c.closed])).linkedGroupJids.length === 1, 'linked'),
    'community.removeSubgroups': async () =>
      check((await WPP.community.removeSubgroups(c.community, [c.closed])).linkedGroupJids.length === 1, 'unlinked'),
    'community.getParticipants': async () =>
      check((await WPP.community.getParticipants(c.community)).length >= 1, 'its members'),
    'community.promoteParticipants': async () => {
      await WPP.community.promoteParticipants(c.community, bruno);
    },
    'community.demoteParticipants': async () =>
      check((await WPP.community.demoteParticipants(c.community, bruno)).success, 'demoted'),
    'community.deactivate': async () => {
      await WPP.community.deactivate(c.community);
    },

    // --- privacy and profile
    'privacy.get': async () => check((await WPP.privacy.get()).lastSeen, 'settings'),
    'privacy.setAbout': async () => check((await WPP.privacy.setAbout('contacts')) === 'contacts', 'set'),
    'privacy.setAddGroup': async () => check((await WPP.privacy.setAddGroup('contacts')) === 'contacts', 'set'),
    'privacy.setLastSeen': async () =>
      check(
        (await WPP.privacy.setLastSeen('contact_blacklist', [{ id: bruno, action: 'add' }])) === 'contact_blacklist',
        'set',
      ),
    'privacy.getDisallowedList': async () => check((await WPP.privacy.getDisallowedList('last')).length === 1, 'Bruno'),
    'privacy.setOnline': async () =>
      check((await WPP.privacy.setOnline('match_last_seen')) === 'match_last_seen', 'set'),
    'privacy.setProfilePic': async () => check((await WPP.privacy.setProfilePic('none')) === 'none', 'set'),
    'privacy.setReadReceipts': async () => check((await WPP.privacy.setReadReceipts('none')) === 'none', 'set'),
    'privacy.setStatus': async () => check((await WPP.privacy.setStatus('deny-list', [bruno])) !== undefined, 'set'),
    'profile.isBusiness': () => check(WPP.profile.isBusiness() === true, 'a business'),
    'profile.getMyProfileName': () => check(WPP.profile.getMyProfileName() === 'Ana', 'Ana'),
    'profile.setMyProfileName': async () => {
      await WPP.profile.setMyProfileName('Loja da Ana');
      check(WPP.profile.getMyProfileName() === 'Loja da Ana', 'renamed');
    },
    'profile.setMyStatus': async () => check(await WPP.profile.setMyStatus('Aberto'), 'set'),
    'profile.getMyStatus': async () => check((await WPP.profile.getMyStatus()) === 'Aberto', 'the recado'),
    'profile.setMyProfilePicture': async () =>
      check((await WPP.profile.setMyProfilePicture(picture)).status === 200, 'set'),
    'profile.getMyProfilePicture': async () => check((await WPP.profile.getMyProfilePicture()).img, 'a picture'),
    'profile.removeMyProfilePicture': async () => check(await WPP.profile.removeMyProfilePicture(), 'removed'),
    'profile.editBusinessProfile': async () =>
      check((await WPP.profile.editBusinessProfile({ description: 'Bolos' })).description === 'Bolos', 'described'),

    // --- status
    'status.updateParticipants': () => WPP.status.updateParticipants(),
    'status.sendTextStatus': async () => {
      c.status = (await WPP.status.sendTextStatus('Promoção')).id;
      check(c.status, 'sent');
    },
    'status.sendRawStatus': async () =>
      check((await WPP.status.sendRawStatus({ type: 'chat', body: 'Outra' })).id, 'sent'),
    'status.sendImageStatus': async () => check((await WPP.status.sendImageStatus(picture)).ack >= 1, 'sent'),
    'status.sendVideoStatus': async () => check((await WPP.status.sendVideoStatus(c.video)).ack >= 1, 'sent'),
    'status.getMyStatus': async () => check((await WPP.status.getMyStatus()).msgs.length >= 2, 'my posts'),
    'status.get': () => check(WPP.status.get(bruno).msgs.length === 1, 'his post'),
    'status.sendReadStatus': async () => check(await WPP.status.sendReadStatus(bruno, c.hisStatus), 'seen'),
    'status.remove': async () => check(await WPP.status.remove(c.status), 'removed'),

    // --- channels
    'newsletter.create': async () => {
      c.channel = (await WPP.newsletter.create('Novidades', { description: 'Da loja' })).idJid;
      check(c.channel.endsWith('@newsletter'), 'a channel');
    },
    'newsletter.edit': async () =>
      check((await WPP.newsletter.edit(c.channel, { name: 'Ofertas' })).name === 'Ofertas', 'renamed'),
    'newsletter.search': async () =>
      check(
        (await WPP.newsletter.search('Canal')).newsletters.some((one) => one.idJid === c.hisChannel),
        'his channel',
      ),
    'newsletter.follow': async () => check(await WPP.newsletter.follow(c.hisChannel), 'followed'),
    'newsletter.mute': async () => check(await WPP.newsletter.mute(c.hisChannel), 'muted'),
    'newsletter.unfollow': async () => check(await WPP.newsletter.unfollow(c.hisChannel), 'left'),
    'newsletter.getSubscribers': async () =>
      check(Array.isArray(await WPP.newsletter.getSubscribers(c.channel)), 'a list'),
    'newsletter.destroy': async () => check((await WPP.newsletter.destroy(c.channel)) !== false, 'deleted'),

    // --- calls
    'call.enableCallInterface': () => WPP.call.enableCallInterface(),
    'call.reject': async () => check(await WPP.call.reject(c.calls[0]), 'rejected'),
    'call.rejectCall': async () => check(await WPP.call.rejectCall(c.calls[1]), 'rejected'),
    'call.accept': async () => check(await WPP.call.accept(c.calls[2]), 'accepted'),
    'call.end': async () => check(await WPP.call.end(), 'ended'),
    'call.offer': async () => check(await WPP.call.offer(bruno), 'a call'),

    // --- catalogue, cart, orders
    'catalog.createProduct': async () => {
      c.product = (
        await WPP.catalog.createProduct({
          name: 'Bolo',
          image: picture,
          price: 30,
          currency: 'BRL',
          description: 'De cenoura',
        })
      ).id;
      check(c.product, 'a product');
    },
    'catalog.getMyCatalog': async () => check((await WPP.catalog.getMyCatalog()).id, 'my catalogue'),
    'catalog.getProducts': async () =>
      check(
        (await WPP.catalog.getProducts(c.me, 10)).some((one) => one.id === c.product),
        'the product',
      ),
    'catalog.getProductById': async () =>
      check((await WPP.catalog.getProductById(c.me, c.product)).name === 'Bolo', 'the product'),
    'catalog.editProduct': async () =>
      check(await WPP.catalog.editProduct(c.product, { name: 'Bolo de cenoura' }), 'edited'),
    'catalog.addProductImage': async () => check(await WPP.catalog.addProductImage(c.product, picture), 'added'),
    'catalog.changeProductImage': async () =>
      check(await WPP.catalog.changeProductImage(c.product, picture), 'changed'),
    'catalog.removeProductImage': async () => check(await WPP.catalog.removeProductImage(c.product, 0), 'removed'),
    'catalog.setProductVisibility': async () =>
      check(await WPP.catalog.setProductVisibility(c.product, true), 'hidden'),
    'catalog.createCollection': async () => {
      c.collection = await WPP.catalog.createCollection('Bolos', [c.product]);
      check(c.collection, 'a collection');
    },
    'catalog.getCollections': async () =>
      check((await WPP.catalog.getCollections(c.me)).length === 1, 'the collection'),
    'catalog.editCollection': async () =>
      check(await WPP.catalog.editCollection(c.collection.id, { name: 'Doces' }), 'renamed'),
    'catalog.deleteCollection': async () => check(await WPP.catalog.deleteCollection(c.collection.id), 'deleted'),
    'catalog.updateCartEnabled': () => WPP.catalog.updateCartEnabled(true),
    'cart.add': async () => check(await WPP.cart.add(c.shop, [{ id: c.shopProduct, qnt: 2 }]), 'in the cart'),
    'cart.get': () => check(WPP.cart.get(c.shop), 'a cart'),
    'cart.update': async () => check(await WPP.cart.update(c.shop, c.shopProduct, { quantity: 3 }), 'updated'),
    'cart.getThumbFromCart': async () =>
      check(typeof (await WPP.cart.getThumbFromCart(c.shop)) === 'string', 'a picture or none'),
    'cart.submit': async () => {
      c.order = (await WPP.cart.submit(c.shop)).id;
      check(c.order, 'an order');
    },
    'cart.remove': async () => check(await WPP.cart.remove(c.shop, c.shopProduct), 'removed'),
    'cart.clear': () => WPP.cart.clear(c.shop),
    'order.get': async () => check((await WPP.order.get(c.hisOrder)).products.length >= 1, 'the order'),
    'order.accept': () => WPP.order.accept({ msgId: c.hisOrder }),
    'order.update': () => WPP.order.update({ msgId: c.hisOrder, orderStatus: 'shipped' }),
    'order.decline': () => WPP.order.decline({ msgId: c.hisOrder, declineNote: 'Sem estoque' }),
    'catalog.delProducts': async () => check((await WPP.catalog.delProducts([c.product])).status === 200, 'deleted'),
  };

  // These reload the page or end the login.
  const last = {
    'conn.setAutoDownloadSettings': () => {
      WPP.conn.setAutoDownloadSettings({ photos: true });
    },
    'conn.setTheme': () => WPP.conn.setTheme('dark'),
    'conn.logout': async () => check(await WPP.conn.logout(), 'logged out'),
  };

  return { atQr, linked, last };
}
