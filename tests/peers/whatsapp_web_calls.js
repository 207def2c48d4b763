// The wider calls of whatsapp-web.js, each with what came of it: in the page, and at the other end.
'use strict';

const { Location, MessageMedia, Poll, ScheduledEvent } = require('whatsapp-web.js');
const { arrival, expect, sim, step, until } = require('./story');

const CARLA = '5511933330003';
const DIEGO = '5511944440004';
const ELISA = '5511955550005';
const wid = (phone) => `${phone}@c.us`;

module.exports = async function wider({ ana, bruno, client, picture, seen }) {
  const brunoId = wid(bruno);
  const media = () => new MessageMedia('image/png', picture, 'foto.png');
  const call = (name, act) => step(`call: ${name}`, act);
  const chat = (id) => client.getChatById(id || brunoId);
  const write = (phone, message) => sim('POST', `/accounts/${phone}/messages`, message);
  const account = (phone) => sim('GET', `/accounts/${phone}`);
  const groupOf = (id) => sim('GET', `/groups/${id}`);
  const received = (id) => until(() => seen.messages.find((one) => one.id.id === id), 'the message');
  const again = (message) => client.getMessageById(message.id._serialized);

  let text;
  let his;
  let label;
  await step('has people and messages to act on', async () => {
    for (const [phone, name] of [
      [CARLA, 'Carla'],
      [DIEGO, 'Diego'],
      [ELISA, 'Elisa'],
    ]) {
      await sim('PUT', `/accounts/${phone}`, { name, saved: true });
    }
    text = await client.sendMessage(brunoId, 'Um texto');
    his = await received((await write(bruno, { to: ana, body: 'Dele' })).id);
    label = (await sim('POST', `/accounts/${ana}/labels`, { name: 'Cliente', chats: [] })).id;
  });

  // --- messages
  await call('Message.react', async () => {
    await his.react('👍');
    await arrival(bruno, (line) => line.type === 'reaction' && line.target === his.id.id && line.emoji === '👍');
  });
  await call('Message.getReactions', async () => {
    const reactions = await (await again(his)).getReactions();
    expect(reactions[0].aggregateEmoji === '👍' && reactions[0].senders.length === 1, 'the reaction');
  });
  await call('Message.edit', async () => {
    const edited = await text.edit('Outro texto');
    expect(edited.body === 'Outro texto', 'the new text');
    await arrival(bruno, (line) => line.type === 'edit' && line.target === text.id.id && line.body === 'Outro texto');
  });
  await call('Message.delete for everyone', async () => {
    const message = await client.sendMessage(brunoId, 'Apague');
    await message.delete(true);
    await arrival(bruno, (line) => line.type === 'revoke' && line.target === message.id.id);
    await until(async () => (await again(message)).type === 'revoked', 'revoked here as well');
  });
  await call('Message.delete for me', async () => {
    const message = await client.sendMessage(brunoId, 'Só meu');
    await message.delete(false);
    expect((await again(message)) === null, 'gone here');
  });
  await call('Message.star', async () => {
    await his.star();
    expect((await again(his)).isStarred, 'starred');
  });
  await call('Message.unstar', async () => {
    await his.unstar();
    expect(!(await again(his)).isStarred, 'not starred');
  });
  await call('Message.forward', async () => {
    await until(
      () =>
        client.pupPage.evaluate(() => {
          try {
            return !!window.require('WAWebChatForwardMessage');
          } catch (error) {
            return false; // WhatsApp loads it late
          }
        }),
      'the bundle in which forwarding comes',
    );
    await his.forward(wid(CARLA));
    await arrival(CARLA, (line) => line.forwarded && line.body === 'Dele');
  });
  await call('Message.pin', async () => expect(await his.pin(86400), 'pinned'));
  await call('Chat.getPinnedMessages', async () => {
    const pinned = await (await chat()).getPinnedMessages();
    expect(
      pinned.some((one) => one.id.id === his.id.id),
      'the message',
    );
  });
  await call('Message.unpin', async () => {
    expect(await his.unpin(), 'unpinned');
    expect(!(await (await chat()).getPinnedMessages()).length, 'none is pinned');
  });
  await call('Message.getQuotedMessage', async () => {
    const answer = await received((await write(bruno, { to: ana, body: 'Resposta', quoted: text.id.id })).id);
    expect((await answer.getQuotedMessage()).id.id === text.id.id, 'what it answers');
  });
  await call('Message.getMentions', async () => {
    const message = await client.sendMessage(brunoId, `@${CARLA} veja`, { mentions: [wid(CARLA)] });
    expect((await message.getMentions())[0].number === CARLA, 'Carla');
  });
  await call('Message.getInfo', async () => {
    await sim('POST', `/accounts/${bruno}/receipts`, { id: text.id.id, ack: 3 });
    const info = await until(async () => {
      const one = await text.getInfo();
      return one.read.length && one;
    }, 'who has read it');
    expect(info.delivery.length === 1 && info.readRemaining === 0, 'Bruno has read it');
  });
  await call('Message.reload', async () => expect((await text.reload()).body === 'Outro texto', 'its text of now'));
  await call('Client.searchMessages', async () => {
    const found = await client.searchMessages('Outro texto', { limit: 5, page: 1 });
    expect(
      found.some((one) => one.id.id === text.id.id),
      'the message',
    );
  });

  // --- other kinds of messages
  await call('send a location', async () => {
    await client.sendMessage(brunoId, new Location(-23.5, -46.6, { name: 'Sé', address: 'São Paulo' }));
    const line = await arrival(bruno, ({ type }) => type === 'location');
    expect(line.location.latitude === -23.5 && line.location.longitude === -46.6, 'the place');
  });
  await call('send a contact card', async () => {
    await client.sendMessage(brunoId, await client.getContactById(wid(CARLA)));
    const line = await arrival(bruno, ({ type }) => type === 'vcard');
    expect(line.contacts[0].name === 'Carla' && line.contacts[0].phones[0] === CARLA, 'Carla');
  });
  await call('send several contact cards', async () => {
    await client.sendMessage(
      brunoId,
      await Promise.all([CARLA, DIEGO].map((phone) => client.getContactById(wid(phone)))),
    );
    expect((await arrival(bruno, ({ type }) => type === 'multi_vcard')).contacts.length === 2, 'two cards');
  });
  await call('send a poll', async () => {
    await client.sendMessage(brunoId, new Poll('Quando?', ['Hoje', 'Amanhã']));
    const line = await arrival(bruno, ({ type }) => type === 'poll_creation');
    expect(line.poll.question === 'Quando?' && line.poll.options.length === 2 && !line.poll.multiple, 'the poll');
  });
  await call('Message.getPollVotes', async () => {
    const line = await arrival(bruno, ({ type }) => type === 'poll_creation');
    await sim('POST', `/accounts/${bruno}/vote`, { id: line.id, options: ['Hoje'] });
    const poll = (await (await chat()).fetchMessages({ limit: 100 })).find((one) => one.id.id === line.id);
    const [vote] = await until(async () => {
      const votes = await poll.getPollVotes();
      return votes.length && votes;
    }, 'the vote');
    expect(
      vote.selectedOptions.some(({ name }) => name === 'Hoje'),
      'his choice',
    );
  });
  await call('Message.vote', async () => {
    const { id } = await write(bruno, { to: ana, type: 'poll', poll: { question: 'Vem?', options: ['Sim', 'Não'] } });
    await (await received(id)).vote(['Sim']);
    await arrival(bruno, (line) => line.type === 'vote' && line.target === id && line.options[0] === 'Sim');
  });
  await call('send a scheduled event', async () => {
    await client.sendMessage(
      brunoId,
      new ScheduledEvent('Festa', new Date(Date.now() + 86400000), { description: 'Em casa', callType: 'video' }),
    );
    await arrival(bruno, ({ type }) => type === 'event_creation');
  });
  await call('send a sticker', async () => {
    await client.sendMessage(brunoId, media(), { sendMediaAsSticker: true });
    expect((await arrival(bruno, ({ type }) => type === 'sticker')).mimetype === 'image/webp', 'a WebP');
  });
  await call('send to the status', async () => {
    await client.sendMessage('status@broadcast', 'Aberto até as oito');
    await arrival(bruno, (line) => line.chat === 'status@broadcast' && line.body === 'Aberto até as oito');
  });
  await call('Client.getBroadcasts', async () => {
    await write(bruno, { to: 'status@broadcast', body: 'Bom dia' });
    await until(async () => (await client.getBroadcasts()).some((one) => one.id._serialized === brunoId), 'his status');
  });
  await call('Client.createCallLink', async () => {
    expect(
      (await client.createCallLink(new Date(Date.now() + 3600000), 'voice')).startsWith(
        'https://call.whatsapp.com/voice/',
      ),
      'a link',
    );
  });

  // --- chats
  const archived = async (id) => (await chat(id)).archived;
  await call('Chat.archive', async () => {
    await (await chat(wid(CARLA))).archive();
    expect(await archived(wid(CARLA)), 'archived');
  });
  await call('Chat.unarchive', async () => {
    await (await chat(wid(CARLA))).unarchive();
    expect(!(await archived(wid(CARLA))), 'not archived');
  });
  await call('Chat.pin', async () => {
    await (await chat()).pin();
    expect((await chat()).pinned, 'pinned');
  });
  await call('Chat.unpin', async () => {
    await (await chat()).unpin();
    expect(!(await chat()).pinned, 'not pinned');
  });
  await call('Chat.mute', async () => expect((await (await chat()).mute()).isMuted, 'muted'));
  await call('Chat.unmute', async () => expect(!(await (await chat()).unmute()).isMuted, 'not muted'));
  await call('Chat.markUnread', async () => {
    await (await chat()).markUnread();
    expect((await chat()).unreadCount !== 0, 'unread');
  });
  await call('Chat.sendSeen', async () => {
    await (await chat()).sendSeen();
    expect((await chat()).unreadCount === 0, 'read');
  });
  const logged = (kind) =>
    until(
      async () => (await sim('GET', '/log')).some((entry) => (entry.event || entry.kind || entry.type) === kind),
      kind,
    );
  await call('Chat.sendStateTyping', async () => {
    await (await chat()).sendStateTyping();
    await logged('typing');
  });
  await call('Chat.sendStateRecording', async () => {
    await (await chat()).sendStateRecording();
    await logged('recording');
  });
  await call('Chat.clearState', async () => {
    await (await chat()).clearState();
    await logged('paused');
  });
  await call('Chat.syncHistory', async () => expect(await (await chat()).syncHistory(), 'asked'));
  await call('Chat.clearMessages', async () => {
    await client.sendMessage(wid(DIEGO), 'Some');
    await (await chat(wid(DIEGO))).clearMessages();
    expect(!(await (await chat(wid(DIEGO))).fetchMessages({ limit: 5 })).length, 'no message left');
  });
  await call('Chat.delete', async () => {
    await (await chat(wid(DIEGO))).delete();
    expect(!(await client.getChats()).some((one) => one.id._serialized === wid(DIEGO)), 'gone');
  });

  // --- labels
  await call('Client.getLabels', async () =>
    until(async () => (await client.getLabels()).some((one) => one.name === 'Cliente'), 'the label'),
  );
  await call('Chat.changeLabels', async () => {
    await (await chat()).changeLabels([label]);
    expect((await (await chat()).getLabels()).length === 1, 'labelled');
  });
  await call('Client.getChatsByLabelId', async () =>
    expect((await client.getChatsByLabelId(label))[0].id._serialized === brunoId, 'the chat'),
  );

  // --- people
  await call('Contact.getAbout', async () =>
    expect((await (await client.getContactById(brunoId)).getAbout()) === (await account(bruno)).about, 'his recado'),
  );
  await call('Contact.getCommonGroups', async () =>
    expect((await (await client.getContactById(brunoId)).getCommonGroups()).length > 0, 'a group'),
  );
  await call('Contact.getFormattedNumber', async () =>
    expect(
      (await (await client.getContactById(brunoId)).getFormattedNumber()) === '+55 11 92222-0002',
      'as people write it',
    ),
  );
  await call('Contact.getCountryCode', async () =>
    expect((await (await client.getContactById(brunoId)).getCountryCode()) === '55', 'Brazil'),
  );
  await call('Client.getContactDeviceCount', async () =>
    expect((await client.getContactDeviceCount(brunoId)) === 1, 'his phone'),
  );
  await call('Client.getContactLidAndPhone', async () => {
    const [found] = await client.getContactLidAndPhone([brunoId]);
    expect(found.pn === brunoId && found.lid.endsWith('@lid'), 'both ids');
  });
  await call('Contact.block', async () => {
    await (await client.getContactById(wid(ELISA))).block();
    expect((await account(ana)).blocked.includes(ELISA), 'blocked');
  });
  await call('Client.getBlockedContacts', async () => {
    await client.pupPage.evaluate((id) => {
      const contact = window.require('WAWebCollections').Contact.get(id);
      return window.require('WAWebBlockContactAction').blockContact({ contact });
    }, wid(ELISA));
    expect(
      (await client.getBlockedContacts()).some((one) => one.id._serialized === wid(ELISA)),
      'Elisa',
    );
  });
  await call('Contact.unblock', async () => {
    await (await client.getContactById(wid(ELISA))).unblock();
    expect(!(await account(ana)).blocked.includes(ELISA), 'free');
  });
  await call('Client.saveOrEditAddressbookContact', async () => {
    await client.saveOrEditAddressbookContact(DIEGO, 'Diego', 'Reis');
    expect((await client.getContactById(wid(DIEGO))).name === 'Diego Reis', 'saved');
  });
  await call('Client.deleteAddressbookContact', async () => {
    await client.deleteAddressbookContact(wid(DIEGO));
    expect(!(await client.getContactById(wid(DIEGO))).name, 'deleted');
  });
  await call('Client.addOrEditCustomerNote', async () => {
    await client.addOrEditCustomerNote(brunoId, 'antigo');
  });
  await call('Client.getCustomerNote', async () =>
    expect((await client.getCustomerNote(brunoId)).content === 'antigo', 'the note'),
  );

  // --- groups
  let group;
  const told = () => groupOf(group.id._serialized);
  await call('Client.createGroup', async () => {
    const made = await client.createGroup('Nova', [brunoId, wid(CARLA)], { announce: true, isRestrict: false });
    group = await until(() => chat(made.gid._serialized), 'the group');
    expect((await told()).participants.length === 3, 'three members');
  });
  await call('GroupChat.addParticipants', async () => {
    const answer = await group.addParticipants([wid(DIEGO)]);
    expect(answer[wid(DIEGO)].code === 200 && (await told()).participants.includes(DIEGO), 'added');
  });
  await call('GroupChat.removeParticipants', async () => {
    await group.removeParticipants([wid(DIEGO)]);
    expect(!(await told()).participants.includes(DIEGO), 'removed');
  });
  await call('GroupChat.promoteParticipants', async () => {
    await group.promoteParticipants([brunoId]);
    expect((await told()).admins.includes(bruno), 'an admin');
  });
  await call('GroupChat.demoteParticipants', async () => {
    await group.demoteParticipants([brunoId]);
    expect(!(await told()).admins.includes(bruno), 'no admin');
  });
  await call('GroupChat.setSubject', async () => {
    await group.setSubject('Outra');
    expect((await told()).subject === 'Outra', 'renamed');
  });
  await call('GroupChat.setDescription', async () => {
    await group.setDescription('Sobre');
    expect((await told()).description === 'Sobre', 'described');
  });
  await call('GroupChat.setMessagesAdminsOnly', async () =>
    expect(
      (await group.setMessagesAdminsOnly(true)) && (await chat(group.id._serialized)).groupMetadata.announce,
      'only admins write',
    ),
  );
  await call('GroupChat.setInfoAdminsOnly', async () =>
    expect(
      (await group.setInfoAdminsOnly(true)) && (await chat(group.id._serialized)).groupMetadata.restrict,
      'only admins change it',
    ),
  );
  await call('GroupChat.setAddMembersAdminsOnly', async () =>
    expect(
      (await group.setAddMembersAdminsOnly(false)) &&
        (await chat(group.id._serialized)).groupMetadata.memberAddMode === 'all_member_add',
      'all add',
    ),
  );
  await call('GroupChat.setPicture', async () => expect(await group.setPicture(media()), 'set'));
  await call('GroupChat.deletePicture', async () => expect(await group.deletePicture(), 'deleted'));
  await call('GroupChat.getInviteCode', async () =>
    expect((await group.getInviteCode()) === (await told()).invite, 'the code'),
  );
  await call('Client.getInviteInfo', async () => {
    const info = await client.getInviteInfo((await told()).invite);
    expect(info.subject === 'Outra', 'the group');
  });
  await call('GroupChat.revokeInvite', async () => {
    const before = (await told()).invite;
    expect((await group.revokeInvite()) !== before, 'another code');
  });
  await call('GroupChat.getGroupMembershipRequests', async () => {
    await sim('PATCH', `/groups/${group.id._serialized}`, { by: ana, approval: true });
    for (const phone of [DIEGO, ELISA]) await sim('POST', `/groups/${group.id._serialized}/join`, { phone });
    expect((await group.getGroupMembershipRequests()).length === 2, 'two requests');
  });
  await call('GroupChat.approveGroupMembershipRequests', async () => {
    await group.approveGroupMembershipRequests({ requesterIds: [wid(DIEGO)] });
    expect((await told()).participants.includes(DIEGO), 'in the group');
  });
  await call('GroupChat.rejectGroupMembershipRequests', async () => {
    await group.rejectGroupMembershipRequests({ requesterIds: [wid(ELISA)] });
    expect(!(await told()).requests.length && !(await told()).participants.includes(ELISA), 'not in the group');
  });
  await call('GroupChat.leave', async () => {
    await group.leave();
    expect(!(await told()).participants.includes(ana), 'left');
  });
  await call('Client.acceptInvite', async () => {
    const { id } = await sim('POST', '/groups', { subject: 'Dele', participants: [bruno] });
    expect((await client.acceptInvite((await groupOf(id)).invite)) === id, 'the group');
    expect((await groupOf(id)).participants.includes(ana), 'joined');
  });

  // --- oneself
  await call('Client.setStatus', async () => {
    await client.setStatus('Aberto');
    expect((await account(ana)).about === 'Aberto', 'the recado');
  });
  await call('Client.setDisplayName', async () =>
    expect((await client.setDisplayName('Loja da Ana')) && (await account(ana)).pushname === 'Loja da Ana', 'the name'),
  );
  await call('Client.setProfilePicture', async () => expect(await client.setProfilePicture(media()), 'set'));
  await call('Client.getProfilePicUrl', async () => expect(await client.getProfilePicUrl(wid(ana)), 'an address'));
  await call('Client.deleteProfilePicture', async () => expect(await client.deleteProfilePicture(), 'deleted'));
  await call('Client.getState', async () => expect((await client.getState()) === 'CONNECTED', 'connected'));
  await call('Client.sendPresenceAvailable', () => client.sendPresenceAvailable());
  await call('Client.sendPresenceUnavailable', () => client.sendPresenceUnavailable());
  await call('Client.setAutoDownloadPhotos', () => client.setAutoDownloadPhotos(false));
  await call('Client.setBackgroundSync', async () => expect((await client.setBackgroundSync(false)) === false, 'off'));
  await call('Call.reject', async () => {
    const ringing = new Promise((resolve) => {
      client.once('call', resolve);
    });
    const { id } = await sim('POST', `/accounts/${bruno}/call`, { to: ana });
    await (await ringing).reject();
    await until(
      async () =>
        (await sim('GET', `/accounts/${bruno}/calls`)).some((one) => one.id === id && one.state === 'rejected'),
      'rejected',
    );
  });
};
